// Makes text from outside safe to show: a terminal obeys control characters, and bidi marks reorder what a person reads.

/**
 * C0 controls but the line feed and the tab, DEL and C1 controls; bidi marks, embeddings and isolates; the separators that
 * some programs take for a line break.
 */
const UNPRINTABLE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to find
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/g;

/** Shows each such character by its number, as JSON escapes it: JSON text keeps its meaning. */
export function toPrintable(text: string): string {
  return text.replace(UNPRINTABLE, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** As `toPrintable`, on one line. */
export function toPrintableLine(text: string): string {
  return toPrintable(text).replace(/[\n\t]+/g, ' ');
}
