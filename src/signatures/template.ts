// The signed string of a scheme as a text with places in braces, such as `{timestamp}.{body}`.
import type { Parts } from './algorithms.ts';

/** What a signed string is built from. Absent parts are empty. */
export interface Message {
  body: Uint8Array;
  id: string;
  /** The text of the time as it came, since the sender signed that text. */
  timestamp: string;
  method: string;
  /** The configured public URL, since the sender chooses the Host header. */
  url: string;
}

type Field = keyof Message;
const FIELDS: readonly string[] = ['body', 'id', 'timestamp', 'method', 'url'] satisfies Field[];

export interface Template {
  fields: ReadonlySet<Field>;
  fill(message: Message): Parts;
}

/** @throws TypeError for a place that is not known, or a template without `{body}` */
export function parseTemplate(text: string): Template {
  const pieces = text.split(/(\{[a-z]+\})/).filter((piece) => piece !== '');
  const parts = pieces.map((piece) => (/^\{[a-z]+\}$/.test(piece) ? { field: toField(piece) } : piece));
  const fields = new Set(parts.flatMap((part) => (typeof part === 'string' ? [] : [part.field])));
  if (!fields.has('body')) throw new TypeError(`The signed string '${text}' must have {body} in it.`);
  if (text === '{body}') return { fields, fill: ({ body }) => [body] };
  return { fields, fill: (message) => fill(parts, message) };
}

function toField(piece: string): Field {
  const name = piece.slice(1, -1);
  if (FIELDS.includes(name)) return name as Field;
  throw new TypeError(
    `The signed string has ${piece}; it may have ${FIELDS.map((field) => `{${field}}`).join(', ')}.`,
  );
}

/** Texts side by side become one: each part is a call into the cryptography. */
function fill(parts: readonly (string | { field: Field })[], message: Message): Parts {
  const filled: (string | Uint8Array)[] = [];
  let text = '';
  for (const part of parts) {
    const value = typeof part === 'string' ? part : message[part.field];
    if (typeof value === 'string') {
      text += value;
      continue;
    }
    if (text !== '') filled.push(text);
    filled.push(value);
    text = '';
  }
  if (text !== '') filled.push(text);
  return filled;
}
