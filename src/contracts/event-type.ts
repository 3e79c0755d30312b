// The rule for event types, and how a type is shown where there is little room. Workflow code reads it, too.
import { EVENT_TYPE_MAX_LENGTH } from './limits.ts';

/** Any text on one line: a control character, or half of a surrogate pair, is in no type that a person has named. */
export function isEventType(text: string): boolean {
  return text.length > 0 && text.length <= EVENT_TYPE_MAX_LENGTH && /^\P{C}+$/u.test(text);
}

/** Temporal refuses a start whose summary has more than 400 bytes, and a summary has more words than the type. */
const SUMMARY_TYPE_MAX_BYTES = 200;

/** Cuts a type for a summary in Temporal's Web UI. */
export function shortType(eventType: string): string {
  let [bytes, end] = [0, 0];
  for (const char of eventType) {
    const code = char.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    if (bytes > SUMMARY_TYPE_MAX_BYTES) return `${eventType.slice(0, end)}…`;
    end += char.length;
  }
  return eventType;
}
