// Builds a test event of a source, signed as the sender of that source would sign it.
import { randomBytes } from 'node:crypto';
import type { Locator, SourceConfig } from '../config/config.ts';
import { ConfigError } from '../config/config-error.ts';
import { parseExactly } from '../contracts/exact-json.ts';
import { signRequest } from '../signatures/index.ts';

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
  eventId: string | undefined;
}

/**
 * Puts the id and the type where the source looks for them first.
 *
 * @throws ConfigError if one of them belongs into the body, and the given body is not a JSON object
 */
export function buildSignedRequest(source: SourceConfig, event: TestEvent): SignedTestEvent {
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
  const [secret] = secrets;
  if (secret === undefined) throw new TypeError(`source ${source.name} has no secret`);
  const signature = signRequest({
    ...verify,
    secret: secret.reveal(),
    rawBody: body,
    ...(id ? { eventId: id } : {}),
    ...(type ? { eventType: type } : {}),
  });
  return {
    headers: { 'content-type': 'application/json', ...fields.headers, ...signature },
    body,
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
    for (const key of locator.path.slice(0, -1)) {
      if (typeof (place[key] ?? '') !== 'object') place[key] = {};
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
