// What is known of how a body is written: its kind, and the headers that its sender has described it with.
import type { BodyKind, EventMeta } from '../contracts/event.ts';
import { toPrintableLine } from '../contracts/printable.ts';

export interface BodyFormat {
  kind: BodyKind;
  contentType?: string | undefined;
  contentEncoding?: string | undefined;
}

/** An event without a kind is JSON as it stands: such a body was parsed whatever its headers say. */
export function formatOf({ headers, body_kind }: Pick<EventMeta, 'headers' | 'body_kind'>): BodyFormat {
  const contentType = headers['content-type'];
  if (body_kind === undefined) return { kind: 'json', contentType };
  return { kind: body_kind, contentType, contentEncoding: headers['content-encoding'] };
}

/** `mayBeJson`: the type is none, or one that senders of JSON give, too; a body that parses as JSON is JSON. */
export function kindByType(contentType: string | undefined): { kind: BodyKind; mayBeJson: boolean } {
  const type = mediaTypeOf(contentType);
  if (isJsonType(type)) return { kind: 'json', mayBeJson: false };
  if (type === 'application/x-www-form-urlencoded' || isMultipart(contentType))
    return { kind: 'form', mayBeJson: false };
  const isText = /^text\/|^application\/xml$|\+xml$/.test(type);
  if (isText && charsetOf(contentType)) return { kind: 'text', mayBeJson: type === 'text/plain' };
  return { kind: 'bytes', mayBeJson: !isText };
}

export function isJsonType(mediaType: string): boolean {
  return /^(application|text)\/json$|\+json$/.test(mediaType);
}

export function isMultipart(contentType: string | undefined): boolean {
  return mediaTypeOf(contentType) === 'multipart/form-data';
}

/** The type without its parameters, in lower case; empty if there is none. */
export function mediaTypeOf(contentType = ''): string {
  return (contentType.split(';', 1)[0] as string).trim().toLowerCase();
}

export type Charset = 'utf-8' | 'us-ascii' | 'iso-8859-1';

const CHARSETS: ReadonlyMap<string, Charset> = new Map([
  ['utf-8', 'utf-8'],
  ['utf8', 'utf-8'],
  ['us-ascii', 'us-ascii'],
  ['ascii', 'us-ascii'],
  ['iso-8859-1', 'iso-8859-1'],
  ['latin1', 'iso-8859-1'],
]);

/** UTF-8 unless the type says otherwise. @returns undefined for a charset that is not read */
export function charsetOf(contentType = ''): Charset | undefined {
  const named = /;\s*charset\s*=\s*(?:"([^"]*)"|([^\s;]+))/i.exec(contentType);
  return CHARSETS.get((named?.[1] ?? named?.[2] ?? 'utf-8').trim().toLowerCase());
}

/** A header of a stranger goes into an answer and into a terminal. */
const SHOWN_MAX_LENGTH = 100;

/** What the sender has said of the body, for messages. */
export function describeFormat({
  contentType,
  contentEncoding,
}: Pick<BodyFormat, 'contentType' | 'contentEncoding'>): string {
  const show = (name: string, value: string | undefined) =>
    value === undefined ? `no ${name}` : `${name} '${toPrintableLine(value.slice(0, SHOWN_MAX_LENGTH))}'`;
  return `${show('content-type', contentType)}, ${show('content-encoding', contentEncoding)}`;
}
