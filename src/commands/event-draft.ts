// A test event before it is signed: its headers and its body, into which an id, a type and a time are put.
import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import type { Locator } from '../config/config.ts';
import { ConfigError } from '../config/config-error.ts';
import { parseExactly } from '../contracts/exact-json.ts';

/** A place that one value can be put into. */
export type Slot = Extract<Locator, { in: 'header' | 'body' }>;

export type DraftBody =
  | { bytes: Buffer }
  | { json: unknown }
  /** With its bytes, if they are given. */
  | { form: Readonly<Record<string, string>>; bytes?: Buffer };

export class EventDraft {
  readonly headers: Record<string, string>;
  readonly #bytes: Buffer | undefined;
  #json: unknown;
  readonly #form: Record<string, string> | undefined;
  /** A body that is given as bytes keeps them unless something is put into it. */
  #isChanged = false;

  constructor(body: DraftBody, headers: Readonly<Record<string, string>> = {}) {
    this.headers = { ...headers };
    this.#bytes = 'bytes' in body ? body.bytes : undefined;
    this.#form = 'form' in body ? { ...body.form } : undefined;
    this.#json = 'json' in body ? structuredClone(body.json) : undefined;
  }

  get isForm(): boolean {
    return this.#form !== undefined;
  }

  /** @returns undefined for a place that has no value, or one that is no id and no type */
  valueAt(slot: Slot): string | number | undefined {
    const value = slot.in === 'header' ? this.headers[slot.name] : this.#inBody(slot.path);
    return typeof value === 'number' || (typeof value === 'string' && value !== '') ? value : undefined;
  }

  /** @throws ConfigError if the body has no place for it */
  put(slot: Slot, value: string | number): void {
    if (slot.in === 'header') this.headers[slot.name] = String(value);
    else if (this.#form) this.#putIntoForm(this.#form, slot, value);
    else this.#putIntoJson(slot, value);
  }

  /** Gives a place that has a value another one of the same form. @returns the new value */
  renew(slot: Slot): string | undefined {
    const value = this.valueAt(slot);
    if (value === undefined) return undefined;
    const renewed = typeof value === 'number' ? likeNumber(value) : likeText(value);
    this.put(slot, renewed);
    return String(renewed);
  }

  toBody(): Buffer {
    if (this.#bytes && !this.#isChanged) return this.#bytes;
    return Buffer.from(this.#form ? new URLSearchParams(this.#form).toString() : JSON.stringify(this.#json));
  }

  #inBody(path: readonly string[]): unknown {
    if (this.#form) return this.#form[path.join('.')];
    let value = this.#read();
    for (const key of path) {
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
      value = (value as Record<string, unknown>)[key];
    }
    return value;
  }

  /** @returns undefined for a given body that is no JSON */
  #read(): unknown {
    if (this.#json !== undefined || this.#bytes === undefined) return this.#json;
    try {
      this.#json = parseExactly(this.#bytes.toString('utf8').replace(/^\ufeff/, ''));
    } catch {
      // a body that is not JSON has no place for a field either
    }
    return this.#json;
  }

  #putIntoForm(
    form: Record<string, string>,
    { path }: Extract<Slot, { in: 'body' }>,
    value: string | number,
  ) {
    const [name, ...deeper] = path;
    if (name === undefined || deeper.length > 0)
      throw new ConfigError(`a form has no place body.${path.join('.')}: its fields are beside each other`);
    form[name] = String(value);
    this.#isChanged = true;
  }

  #putIntoJson({ path }: Extract<Slot, { in: 'body' }>, value: string | number): void {
    const json = this.#read();
    const isList = isIndex(path[0]);
    if (typeof json !== 'object' || json === null || Array.isArray(json) !== isList)
      throw new ConfigError(
        `the body is not a JSON ${isList ? 'list' : 'object'}, so no id or type can be put into it`,
      );
    let place = json as Record<string, unknown>;
    for (const [i, key] of path.slice(0, -1).entries()) {
      if (typeof (place[key] ?? '') !== 'object') place[key] = isIndex(path[i + 1]) ? [] : {};
      place = place[key] as Record<string, unknown>;
    }
    const last = path.at(-1) as string;
    const isNumber = typeof place[last] === 'number' && /^\d{1,15}$/.test(String(value));
    place[last] = isNumber ? Number(value) : value;
    this.#isChanged = true;
  }
}

export function isIndex(key: string | undefined): boolean {
  return key !== undefined && /^\d+$/.test(key);
}

/** The places that a value is made of, in the order in which the value has them. */
export function slotsOf(locator: Locator): Slot[] {
  if (locator.in === 'header' || locator.in === 'body') return [locator];
  return locator.in === 'bytes' ? [] : locator.places.flatMap(slotsOf);
}

function likeNumber(value: number): number {
  const length = Math.min(Math.max(String(Math.trunc(value)).length, DIGITS_MIN), DIGITS_MAX);
  return Number(Array.from({ length }, (_, i) => randomInt(i === 0 ? 1 : 0, 10)).join(''));
}

/** A number of JavaScript has so many for certain; with fewer, two events may get one id. */
const [DIGITS_MIN, DIGITS_MAX] = [10, 15];
const LETTERS_MIN = 10;

const UUID = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const HEX = /[0-9a-f]{12,}$/;

/** Keeps the prefix that says what an id is of, such as `evt_`, `SM` or `wamid.`, and the alphabet of the rest. */
function likeText(value: string): string {
  if (UUID.test(value)) return value.replace(UUID, randomUUID());
  const [hex] = HEX.exec(value) ?? [];
  if (hex !== undefined) {
    return value.slice(0, -hex.length) + randomBytes(hex.length).toString('hex').slice(0, hex.length);
  }
  const [prefix = ''] = /^(?:.*[_.:])?(?:[A-Za-z]{1,3}(?=\d))?/.exec(value) ?? [];
  const rest = value.slice(prefix.length);
  if (rest.replaceAll(/[^A-Za-z0-9]/g, '').length < LETTERS_MIN)
    return `${value}-${randomBytes(8).toString('hex')}`;
  return prefix + rest.replaceAll(/[A-Za-z0-9]/g, likeCharacter);
}

function likeCharacter(old: string): string {
  const alphabet = /\d/.test(old) ? '0123456789' : 'abcdefghijklmnopqrstuvwxyz';
  const made = alphabet[randomInt(alphabet.length)] as string;
  return /[A-Z]/.test(old) ? made.toUpperCase() : made;
}
