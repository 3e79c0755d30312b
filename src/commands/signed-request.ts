// Builds a test event of a source, signed as the sender of that source would sign it.
import { randomBytes } from 'node:crypto';
import { isMultipart, kindByType } from '../bodies/body-format.ts';
import type { Locator, SourceConfig } from '../config/config.ts';
import { ConfigError } from '../config/config-error.ts';
import { parseExactly } from '../contracts/exact-json.ts';
import { signRequest } from '../signatures/index.ts';
import { guessContentType } from './guess-content-type.ts';

export interface TestEvent {
  /** If not given, a new id is made, unless the id would have to be put into a given body. */
  id?: string;
  type?: string;
  /** The body as it is sent; if not given, a body of the kind that the source expects is made up. */
  body?: Buffer;
  /** Of the given body. */
  contentType?: string;
}

export interface SignedTestEvent {
  headers: Record<string, string>;
  body: Buffer;
  eventId: string | undefined;
}

/**
 * Puts the id and the type where the source looks for them first.
 *
 * @throws ConfigError if one of them belongs into the body, and the body is no JSON object and no URL-encoded form
 */
export function buildSignedRequest(source: SourceConfig, event: TestEvent): SignedTestEvent {
  // A new id must not change a given body.
  const mayMakeId = event.body === undefined || source.eventId[0]?.in === 'header';
  const id = event.id ?? (mayMakeId ? `evt_${randomBytes(8).toString('hex')}` : undefined);
  const type = event.type ?? (event.body ? undefined : 'test.created');
  const contentType = event.contentType ?? contentTypeOf(source, event.body);
  const fields = createFields(event.body, contentType);
  // Text and bytes have no place for what nobody has asked for.
  if (event.id || fields.takesFields || source.eventId[0]?.in === 'header') fields.set(source.eventId[0], id);
  if (event.type || fields.takesFields || source.eventType[0]?.in === 'header')
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
    headers: { 'content-type': contentType, ...fields.headers, ...signature },
    body,
    eventId: id,
  };
}

function contentTypeOf({ body: expected }: SourceConfig, body: Buffer | undefined): string {
  if (body === undefined && expected === undefined) return 'application/json';
  return guessContentType({ expected, body: body ?? new Uint8Array() });
}

function createFields(given: Buffer | undefined, contentType: string): Fields {
  switch (kindByType(contentType).kind) {
    case 'json':
      return new JsonFields(given);
    case 'form':
      return isMultipart(contentType) ? new NoFields(given) : new FormBodyFields(given);
    default:
      return new NoFields(given);
  }
}

/** Puts fields into the headers or the body of a request. */
abstract class Fields {
  readonly headers: Record<string, string> = {};
  /** Whether the body has places for fields. */
  abstract readonly takesFields: boolean;
  protected readonly given: Buffer | undefined;

  constructor(given: Buffer | undefined) {
    this.given = given;
  }

  set(locator: Locator | undefined, value: string | undefined): void {
    if (locator === undefined || value === undefined) return;
    if (locator.in === 'header') this.headers[locator.name] = value;
    else this.setInBody(locator.path, value);
  }

  protected abstract setInBody(path: readonly string[], value: string): void;

  /** The given bytes are unchanged unless a field was put into them. */
  abstract toBody(): Buffer;
}

class JsonFields extends Fields {
  readonly takesFields = true;
  #json: Record<string, unknown> | undefined;

  constructor(given: Buffer | undefined) {
    super(given);
    if (given === undefined) this.#json = { data: { hello: 'world' } };
  }

  protected setInBody(path: readonly string[], value: string): void {
    this.#json ??= parseObject(this.given as Buffer);
    let place = this.#json;
    for (const key of path.slice(0, -1)) {
      if (typeof (place[key] ?? '') !== 'object') place[key] = {};
      place = place[key] as Record<string, unknown>;
    }
    place[path.at(-1) as string] = value;
  }

  toBody(): Buffer {
    return this.#json === undefined ? (this.given as Buffer) : Buffer.from(JSON.stringify(this.#json));
  }
}

class FormBodyFields extends Fields {
  readonly takesFields = true;
  #form: URLSearchParams | undefined;

  constructor(given: Buffer | undefined) {
    super(given);
    if (given === undefined) this.#form = new URLSearchParams({ hello: 'world' });
  }

  protected setInBody(path: readonly string[], value: string): void {
    const [name, ...deeper] = path;
    if (name === undefined || deeper.length > 0)
      throw new ConfigError(`a form has no place body.${path.join('.')}: its fields are beside each other`);
    this.#form ??= new URLSearchParams(`&${this.given?.toString('utf8')}`);
    this.#form.set(name, value);
  }

  toBody(): Buffer {
    return this.#form === undefined ? (this.given as Buffer) : Buffer.from(this.#form.toString());
  }
}

class NoFields extends Fields {
  readonly takesFields = false;

  protected setInBody(): void {
    throw new ConfigError(NO_PLACE);
  }

  toBody(): Buffer {
    return this.given ?? Buffer.from('hello world');
  }
}

const NO_PLACE = 'the body is not a JSON object, so no id or type can be put into it';

function parseObject(body: Buffer): Record<string, unknown> {
  try {
    const json = parseExactly(body.toString('utf8'));
    if (isObject(json)) return json;
  } catch {
    // a body that is not JSON has no place for a field either
  }
  throw new ConfigError(NO_PLACE);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
