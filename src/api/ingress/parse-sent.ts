// Parses the body of a request, and says of which kind it is: as its source expects, or as its content type says.
import { kindByType } from '../../bodies/body-format.ts';
import { readBodyText } from '../../bodies/body-text.ts';
import { decodeContent, decoderOf } from '../../bodies/decode-content.ts';
import { parseForm } from '../../bodies/parse-body.ts';
import type { BodyKind } from '../../contracts/event.ts';
import { HttpError } from '../http/errors.ts';
import { parseJson } from '../http/parse-json.ts';

/** The headers that describe a body. */
export interface SentBody {
  contentType: string | undefined;
  contentEncoding: string | undefined;
}

interface Parsed {
  kind: BodyKind;
  payload: unknown;
  /** Without their content encoding. */
  bytes: Uint8Array;
  isEncoded: boolean;
}

/** @throws BodyFault, or HttpError `invalid_json` */
export async function parseSent(
  { rawBody, expected, maxBytes }: { rawBody: Uint8Array; expected: BodyKind | undefined; maxBytes: number },
  { contentType, contentEncoding }: SentBody,
): Promise<Parsed> {
  const bytes = decodeContent(rawBody, contentEncoding, maxBytes);
  const isEncoded = decoderOf(contentEncoding) !== undefined;
  const read = { bytes, isEncoded };
  if (expected) return { kind: expected, payload: await parseAs(expected, bytes, contentType), ...read };
  const { kind, mayBeJson } = kindByType(contentType);
  const json = mayBeJson ? tryJson(bytes) : undefined;
  if (json) return { kind: 'json', payload: json.payload, ...read };
  return { kind, payload: await parseAs(kind, bytes, contentType), ...read };
}

async function parseAs(kind: BodyKind, bytes: Uint8Array, contentType: string | undefined): Promise<unknown> {
  switch (kind) {
    case 'json':
      return parseJson(bytes);
    case 'form':
      return await parseForm(bytes, contentType);
    case 'text':
      return readBodyText(bytes, contentType);
    case 'bytes':
      return bytes;
  }
}

function tryJson(bytes: Uint8Array): { payload: unknown } | undefined {
  try {
    return { payload: parseJson(bytes) };
  } catch (error) {
    if (error instanceof HttpError) return undefined;
    throw error;
  }
}
