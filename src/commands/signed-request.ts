// Builds a test event of a source, signed as the sender of that source would sign it.
import { randomBytes } from 'node:crypto';
import type { Locator, SourceConfig } from '../config/config.ts';
import { ConfigError } from '../config/config-error.ts';
import type { Secret } from '../config/secret.ts';
import { parseExactly } from '../contracts/exact-json.ts';
import { findScheme, signWebhook } from '../signatures/index.ts';

export interface TestEvent {
  /** If not given, a new id is made, unless the id would have to be put into a given body. */
  id?: string;
  type?: string;
  /** The body as it is sent; if not given, a body is made up. */
  body?: Buffer;
}

export interface SignedTestEvent {
  headers: Record<string, string>;
  body: Buffer;
  /** What the scheme adds to the URL, with its `?`; '' for most. */
  search: string;
  eventId: string | undefined;
}

/** Whether we have what the sender signs with: of some schemes, only the provider has it. */
export function canSign({ verify }: SourceConfig): boolean {
  const { ways, key } = findScheme(verify.scheme, verify);
  const [secret] = verify.secrets;
  if (secret === undefined || !ways.some(({ sign }) => sign !== undefined)) return false;
  const read = key(secret.reveal());
  return typeof read !== 'string' && 'bytes' in read;
}

/**
 * Puts the id and the type where the source looks for them first.
 *
 * @param url the public URL as the provider has it, for schemes that sign it; the source's own counts first
 * @throws ConfigError if one of them belongs into the body, and the given body is not a JSON object; or if only the
 *   provider can sign
 */
export function buildSignedRequest(source: SourceConfig, event: TestEvent, url = ''): SignedTestEvent {
  if (!canSign(source)) {
    throw new ConfigError(
      `nobody but the provider can sign for source ${source.name}: its scheme ${source.verify.scheme} verifies with a public key`,
    );
  }
  // A new id must not change a given body.
  const mayMakeId = event.body === undefined || source.eventId[0]?.in === 'header';
  const id = event.id ?? (mayMakeId ? `evt_${randomBytes(8).toString('hex')}` : undefined);
  const type = event.type ?? (event.body ? undefined : 'test.created');
  const json: unknown = event.body ? undefined : { data: { hello: 'world' } };
  const fields = new Fields(event.body, json);
  fields.set(source.eventId[0], id);
  fields.set(source.eventType[0], type);
  const body = fields.toBody();
  const { secrets, ...verify } = source.verify;
  const publicUrl = verify.url ?? url;
  const signed = signWebhook({
    ...verify,
    url: publicUrl,
    secret: (secrets[0] as Secret).reveal(),
    rawBody: body,
    ...(id ? { eventId: id } : {}),
    ...(type ? { eventType: type } : {}),
  });
  const added = signed.url.slice(publicUrl.length);
  return {
    headers: { 'content-type': 'application/json', ...fields.headers, ...signed.headers },
    body: Buffer.from(signed.rawBody),
    search: added.replace(/^&/, '?'),
    eventId: id,
  };
}

/** Puts fields into the headers or the JSON body of a request. */
class Fields {
  readonly headers: Record<string, string> = {};
  readonly #given: Buffer | undefined;
  #json: Record<string, unknown> | undefined;

  constructor(given: Buffer | undefined, json: unknown) {
    this.#given = given;
    this.#json = json as Record<string, unknown> | undefined;
  }

  set(locator: Locator | undefined, value: string | undefined): void {
    if (locator === undefined || value === undefined) return;
    if (locator.in === 'header') this.headers[locator.name] = value;
    if (locator.in !== 'body') return; // what is made of the whole, or of several values, cannot be set
    this.#json ??= parseObject(this.#given as Buffer);
    let place = this.#json;
    for (const [i, key] of locator.path.slice(0, -1).entries()) {
      const isPosition = /^\d+$/.test(locator.path[i + 1] ?? '');
      if (typeof (place[key] ?? '') !== 'object') place[key] = isPosition ? [] : {};
      place = place[key] as Record<string, unknown>;
    }
    place[locator.path.at(-1) as string] = value;
  }

  /** The given bytes are unchanged unless a field was put into them. */
  toBody(): Buffer {
    return this.#json === undefined ? (this.#given as Buffer) : Buffer.from(JSON.stringify(this.#json));
  }
}

function parseObject(body: Buffer): Record<string, unknown> {
  try {
    const json = parseExactly(body.toString('utf8'));
    if (isObject(json)) return json;
  } catch {
    // a body that is not JSON has no place for a field either
  }
  throw new ConfigError('the body is not a JSON object, so no id or type can be put into it');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
