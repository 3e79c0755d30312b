// A test event of a source, signed as its sender would sign it.
import { randomBytes } from 'node:crypto';
import type { Locator, SourceConfig } from '../config/config.ts';
import { ConfigError } from '../config/config-error.ts';
import { signRequest } from '../signatures/index.ts';

export interface TestEvent {
  /** A new one if not given, unless it would have to be put into a given body. */
  id?: string;
  type?: string;
  /** The body as it is sent; made up if not given. */
  body?: Buffer;
}

export interface SignedTestEvent {
  headers: Record<string, string>;
  body: Buffer;
  eventId: string | undefined;
}

/** An id or type that is asked for is put where the source looks for it first. */
export function buildSignedRequest(source: SourceConfig, event: TestEvent): SignedTestEvent {
  const isFree = event.body === undefined || source.eventId[0]?.in === 'header'; // no byte of the body changes
  const id = event.id ?? (isFree ? `evt_${randomBytes(8).toString('hex')}` : undefined);
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
    if (locator.in === 'header') {
      this.headers[locator.name] = value;
      return;
    }
    this.#json ??= parseObject(this.#given as Buffer);
    let place = this.#json;
    for (const key of locator.path.slice(0, -1)) {
      if (typeof (place[key] ?? '') !== 'object') place[key] = {};
      place = place[key] as Record<string, unknown>;
    }
    place[locator.path.at(-1) as string] = value;
  }

  /** The given bytes stay as they are unless a field was put into them. */
  toBody(): Buffer {
    return this.#json === undefined ? (this.#given as Buffer) : Buffer.from(JSON.stringify(this.#json));
  }
}

function parseObject(body: Buffer): Record<string, unknown> {
  try {
    const json: unknown = JSON.parse(body.toString('utf8'));
    if (isObject(json)) return json;
  } catch {
    // as any other body that has no place for a field
  }
  throw new ConfigError('the body is not a JSON object, so that no id or type can be put into it');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
