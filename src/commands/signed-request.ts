// Builds a test event of a source, signed as the sender of that source would sign it.
import { isMultipart, kindByType } from '../bodies/body-format.ts';
import type { SourceConfig } from '../config/config.ts';
import { ConfigError } from '../config/config-error.ts';
import type { Sample } from '../samples/sample.ts';
import { samplesOf } from '../samples/samples-of.ts';
import { findScheme, signWebhook } from '../signatures/index.ts';
import { EventDraft, isIndex } from './event-draft.ts';
import { putId, putType } from './event-places.ts';
import { guessContentType } from './guess-content-type.ts';

export interface TestEvent {
  /** If not given, a new id is made, unless the id would have to be put into a given body. */
  id?: string;
  type?: string;
  /** The body as it is sent. */
  body?: Buffer;
  /** Of the body; guessed unless given. */
  contentType?: string;
  /** An event of the provider; if neither it nor a body is given, a body is made up. */
  sample?: Sample;
  /** The address that the event is sent to, with its query. */
  url?: string;
  /** The address as the sender knows it, if it is another one: what is signed by schemes that sign the URL. */
  signedUrl?: string;
}

export interface SignedTestEvent {
  headers: Record<string, string>;
  body: Buffer;
  /** The given one, with what the signature adds to its query. */
  url: string;
  eventId: string | undefined;
}

/**
 * Puts the id and the type where the source looks for them.
 *
 * @throws ConfigError if one of them cannot be put there, or the source has no secret that can sign
 */
export function buildSignedRequest(source: SourceConfig, event: TestEvent): SignedTestEvent {
  const contentType = contentTypeOf(source, event);
  const draft = draftOf(source, event, contentType);
  const isText = !['json', 'form'].includes(kindByType(contentType).kind);
  // Text and bytes have no place for what nobody has asked for.
  const eventId = isText && !event.id && !hasHeader(source.eventId) ? undefined : putId(source, draft, event);
  if (!isText || event.type || hasHeader(source.eventType)) putType(source, draft, event);
  const { secrets: _, ...verify } = source.verify;
  const { url = '', signedUrl = url } = event;
  const signed = sign({
    ...verify,
    secret: signingSecret(source),
    rawBody: draft.toBody(),
    url: signedUrl,
    ...(eventId ? { eventId } : {}),
    ...(event.type ? { eventType: event.type } : {}),
  });
  return {
    headers: { 'content-type': contentType, ...draft.headers, ...signed.headers },
    body: Buffer.from(signed.rawBody),
    url: withAdded(url, signed.url.slice(signedUrl.length)),
    eventId,
  };
}

function contentTypeOf({ verify, body: expected }: SourceConfig, event: TestEvent): string {
  const { body, contentType, sample } = event;
  if (contentType !== undefined) return contentType;
  if (body) return guessContentType({ expected, body });
  const like = sample ?? (expected === undefined ? samplesOf(verify.scheme)[0] : undefined);
  if (like) return like.form ? FORM : JSON_TYPE;
  return expected === undefined ? JSON_TYPE : guessContentType({ expected, body: new Uint8Array() });
}

const [FORM, JSON_TYPE] = ['application/x-www-form-urlencoded', 'application/json'] as const;

const hasHeader = ([place]: SourceConfig['eventId']) => place?.in === 'header';

function draftOf(source: SourceConfig, { body, sample }: TestEvent, contentType: string): EventDraft {
  const { kind } = kindByType(contentType);
  if (body && kind === 'form' && !isMultipart(contentType))
    return new EventDraft({
      form: Object.fromEntries(new URLSearchParams(`&${body.toString('utf8')}`)),
      bytes: body,
    });
  if (body) return new EventDraft({ bytes: body });
  if (sample?.form) return new EventDraft({ form: sample.form }, sample.headers);
  if (sample) {
    const draft = new EventDraft({ json: sample.json }, sample.headers);
    putTime(draft, sample);
    return draft;
  }
  if (kind === 'form') return new EventDraft({ form: { hello: 'world' } });
  return kind === 'json' ? madeUp(source) : new EventDraft({ bytes: Buffer.from('hello world') });
}

/** What no sample is there for: the least that the scheme can sign. */
function madeUp({ verify, eventId, eventType }: SourceConfig): EventDraft {
  const [like] = samplesOf(verify.scheme);
  const place = [...eventId, ...eventType].find(({ in: where }) => where === 'body');
  const data = { data: { hello: 'world' } };
  const isList = place?.in === 'body' && isIndex(place.path[0]);
  const draft = new EventDraft({ json: isList ? [data] : data });
  putTime(draft, like);
  return draft;
}

function putTime(draft: EventDraft, sample: Sample | undefined): void {
  if (sample?.sentAtMs) draft.put({ in: 'body', path: sample.sentAtMs.split('.') }, Date.now());
}

/** @throws ConfigError if no secret of the source can sign */
function signingSecret({ name, verify }: SourceConfig): string {
  const scheme = findScheme(verify.scheme, verify);
  const canSign = scheme.ways.some((way) => way.sign !== undefined);
  const secret = verify.secrets.find((one) => {
    const key = scheme.key(one.reveal());
    return typeof key !== 'string' && 'bytes' in key;
  });
  if (canSign && secret !== undefined) return secret.reveal();
  throw new ConfigError(
    `only the provider can sign an event of the source '${name}': the scheme '${verify.scheme}' has a private key that nobody else has`,
  );
}

/** Whether `buildSignedRequest` can sign for a source. */
export function canSignFor(source: SourceConfig): boolean {
  try {
    signingSecret(source);
    return true;
  } catch {
    return false;
  }
}

function sign(options: Parameters<typeof signWebhook>[0]): ReturnType<typeof signWebhook> {
  try {
    return signWebhook(options);
  } catch (error) {
    throw new ConfigError((error as Error).message); // such as an id that the scheme cannot sign
  }
}

/** @param added begins with `?` or `&`, whichever the signed URL needed */
function withAdded(url: string, added: string): string {
  if (added === '') return url;
  return `${url}${url.includes('?') ? '&' : '?'}${added.slice(1)}`;
}
