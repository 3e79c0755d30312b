// How Coinbase's developer platform signs: over the body, and over headers that the signature header names.
import type { Parts } from '../algorithms.ts';
import { keyValueList } from '../signature-headers.ts';
import type { SignedRow } from '../signed.ts';

const ID = 'x-event-id';
/** Coinbase signs three headers. Each name costs a search, and a stranger may write thousands. */
const HEADERS_MAX = 16;
const NAME = /^[a-z0-9-]+$/;
const list = keyValueList({ separator: ',', timestamp: 't', signature: 'v1' });

/**
 * `v1` signs `<time>.<names>.<values>.<body>`, and `v0` beside it only `<time>.<body>`: the event's id is a header, so
 * only `v1` counts.
 */
export const signedHeaders: SignedRow = {
  header: 'x-hook0-signature',
  syntax: {
    form: 't=<time>,h=<names of headers>,v1=<signature>',
    parse: list.parse,
    format: (signature, timestamp) => `t=${timestamp},h=${ID},v1=${signature}`,
  },
  encoding: 'hex',
  id: ID,
  idForm: { pattern: /^[^.[{]+$/, words: 'a text without dots and brackets' },
  content: ({ body, id, timestamp, input, group }) => {
    if (input === undefined) return partsOf({ timestamp, names: ID, values: [id], body });
    const names = group.fields?.get('h') ?? '';
    const listed = names.split(' ', HEADERS_MAX + 1);
    if (listed.length > HEADERS_MAX || !listed.includes(ID) || !listed.every((name) => NAME.test(name)))
      return undefined;
    const values = listed.map((name) => input.header(name) ?? '');
    return isClear(listed, values, body) ? partsOf({ timestamp, names, values, body }) : undefined;
  },
  time: { unit: 's', toleranceSeconds: 300 },
};

/**
 * Dots stand between the values and in them. With no dot up to the id, and no bracket before the body, there is one way
 * to take the signed string apart: nobody can move a part of the body, or of another header, into the id.
 */
function isClear(names: readonly string[], values: readonly string[], body: Uint8Array): boolean {
  const beforeId = values.slice(0, names.indexOf(ID) + 1);
  const isJson = body.length === 0 || body[0] === 0x7b || body[0] === 0x5b;
  return isJson && !beforeId.some((text) => text.includes('.')) && !values.some((text) => /[[{]/.test(text));
}

function partsOf({
  timestamp,
  names,
  values,
  body,
}: {
  timestamp: string;
  names: string;
  values: readonly string[];
  body: Uint8Array;
}): Parts {
  return [`${timestamp}.${names}.${values.join('.')}.`, body];
}
