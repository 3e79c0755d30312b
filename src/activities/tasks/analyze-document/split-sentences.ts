// Splits a paragraph into its sentences, without losing a character between them.

/** Words that end in a point within a sentence, as contracts have them. */
const ABBREVIATIONS = new Set(
  'inc ltd co corp llc lp no nos sec art par para para. fig vs v dr mr mrs ms st jr sr e.g i.e cf al approx dept est ext u.s u.k p.m a.m jan feb mar apr jun jul aug sep sept oct nov dec'.split(
    ' ',
  ),
);
const END = /[.?!]["”’')\]]*\s+(?=["“‘'([]?[\p{Lu}\d])/gu;

/** A longer one is a table or an attack, for which patterns with many ways to match would take minutes. */
const SENTENCE_MAX_CHARS = 4_000;
const LONG_PART = /\S(?:.{0,3998}\S)?(?=\s|$)|\S{4000}/gs;

/** @returns the parts; joined by one blank they are the text again */
export function splitSentences(text: string): string[] {
  const sentences: string[] = [];
  let from = 0;
  for (const match of text.matchAll(END)) {
    const end = match.index + match[0].length;
    if (!endsSentence(text.slice(from, match.index), match[0])) continue;
    sentences.push(text.slice(from, end).trim());
    from = end;
  }
  if (from < text.length) sentences.push(text.slice(from).trim());
  return sentences.filter((sentence) => sentence !== '').flatMap(cutLong);
}

function cutLong(sentence: string): string[] {
  if (sentence.length <= SENTENCE_MAX_CHARS) return [sentence];
  return sentence.match(LONG_PART) ?? [sentence];
}

function endsSentence(before: string, mark: string): boolean {
  if (!mark.startsWith('.')) return true;
  const word = /\S+$/.exec(before)?.[0].replace(/^["“‘'([]+/, '') ?? '';
  if (ABBREVIATIONS.has(word.toLowerCase())) return false;
  return !/^(\p{L}|\(?[\divxlc]{1,4}\)?|\d+(\.\d+)*)$/iu.test(word); // an initial, or the number of a clause
}
