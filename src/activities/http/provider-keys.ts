// Asks providers: for the certificates and public keys that webhooks are verified with, which are kept, and for webhooks.
import type { ClientUrlGuard } from '../../contracts/client-url.ts';
import type { ProviderKeysFetched } from '../../contracts/provider-keys.ts';
import { type KeyNeed, type KeyQuery, readKey } from '../../signatures/index.ts';
import type { TlsOptions } from './connector.ts';
import { type Outlet, Outlets, type OutletsOptions } from './outlets.ts';
import { type HttpAnswer, sendRequest } from './send-request.ts';

/** A set of keys has a few kilobytes. */
const MAX_BYTES = 262_144;
/** The sender waits for the answer meanwhile. */
const WITHIN_MS = 4_000;
/** Providers announce new keys by days, and AWS keeps its certificates for a year. */
const FRESH_MS = 3_600_000;
/** A key id that the provider does not know may be new, or made up: it is asked for again, and not for each request. */
const UNKNOWN_FOR_MS = 60_000;
/** Requests to one host in a minute. Anybody can make up key ids; a provider has a handful. */
const FETCHES_PER_MINUTE = 30;
/** Requests to all hosts in a minute. Anybody can make up names of regions, and so hosts. */
const ALL_FETCHES_PER_MINUTE = 120;
/** More than this many are somebody's play. */
const ENTRIES_MAX = 200;
/** Nothing is fetched from an address that is not public: a name of the provider's that leads elsewhere is an attack. */
const GUARD: ClientUrlGuard = { allowLoopback: false };

type JsonWebKey = NonNullable<ProviderKeysFetched['jwks']>[string];

interface Entry<T> {
  value: Promise<T>;
  until: number;
  /** The provider knows no such key. */
  isUnknown?: boolean;
}

export interface ProviderKeysOptions extends OutletsOptions {
  /** For tests, as are the next two: the authorities that are trusted. */
  tls?: TlsOptions;
  guard?: ClientUrlGuard;
  now?: () => number;
}

export class ProviderKeys {
  readonly #certificates = new Map<string, Entry<string>>();
  readonly #keys = new Map<string, Entry<JsonWebKey | undefined>>();
  readonly #fetches = new Map<string, number[]>();
  readonly #outlets: Outlets;
  readonly #options: ProviderKeysOptions;
  readonly #now: () => number;

  constructor(options: ProviderKeysOptions) {
    this.#outlets = new Outlets(options);
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  /**
   * @returns nothing for a key that the provider does not know: the signature is then none
   * @throws Error if the provider cannot be asked now
   */
  async fetch(need: KeyNeed): Promise<ProviderKeysFetched> {
    if ('certificate' in need) {
      const { certificate: url } = need;
      return { certificates: { [url]: await this.#kept(this.#certificates, url, () => this.#getText(url)) } };
    }
    const { jwks, keyId } = need;
    const key = await this.#kept(this.#keys, `${jwks} ${keyId}`, () => this.#findKey(need));
    return key === undefined ? {} : { jwks: { [keyId]: key } };
  }

  /**
   * Visits an address by which the provider is told that its webhooks are wanted.
   *
   * @throws Error if it is not answered with a 2xx
   */
  async visit(url: string): Promise<void> {
    const { statusCode } = await this.#request(url, {});
    if (statusCode < 200 || statusCode > 299) throw new Error(`${new URL(url).host} answered ${statusCode}`);
  }

  async close(): Promise<void> {
    await this.#outlets.close();
  }

  async #kept<T>(entries: Map<string, Entry<T>>, name: string, load: () => Promise<T>): Promise<T> {
    const known = entries.get(name);
    if (known && this.#now() < known.until) return await known.value;
    if (entries.size >= ENTRIES_MAX) this.#makeRoom(entries);
    const entry: Entry<T> = { value: load(), until: this.#now() + FRESH_MS };
    entries.set(name, entry);
    try {
      const value = await entry.value;
      if (value === undefined) Object.assign(entry, { isUnknown: true, until: this.#now() + UNKNOWN_FOR_MS });
      return value;
    } catch (error) {
      if (entries.get(name) === entry) entries.delete(name); // the next request tries anew
      throw error;
    }
  }

  /** Key ids that somebody has made up make way before those that are used. */
  #makeRoom<T>(entries: Map<string, Entry<T>>): void {
    for (const [name, { isUnknown, until }] of entries)
      if (isUnknown || until <= this.#now()) entries.delete(name);
    if (entries.size >= ENTRIES_MAX) entries.clear();
  }

  async #findKey({ jwks, keyId, json, clientCredentials }: KeyQuery): Promise<JsonWebKey | undefined> {
    const headers: Record<string, string> = clientCredentials
      ? { authorization: `Bearer ${await this.#getToken(clientCredentials)}` }
      : {};
    const text = json
      ? await this.#send(jwks, { ...headers, 'content-type': 'application/json' }, JSON.stringify(json))
      : await this.#send(jwks, headers);
    return text === undefined ? undefined : readKey(JSON.parse(text), keyId);
  }

  async #getToken({
    tokenUrl,
    id,
    secret,
    scope,
  }: NonNullable<KeyQuery['clientCredentials']>): Promise<string> {
    const headers = {
      authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
      'content-type': 'application/x-www-form-urlencoded',
    };
    const form = new URLSearchParams({ grant_type: 'client_credentials', scope }).toString();
    const text = await this.#send(tokenUrl, headers, form);
    const { access_token: token } = JSON.parse(text ?? '{}') as { access_token?: unknown };
    if (typeof token !== 'string') throw new Error(`${new URL(tokenUrl).host} gave no access token`);
    return token;
  }

  async #getText(url: string): Promise<string> {
    const text = await this.#send(url, {});
    if (text === undefined) throw new Error(`${new URL(url).host} has no certificate at this address`);
    return text;
  }

  /** @returns undefined where the provider says that there is no such key */
  async #send(url: string, headers: Record<string, string>, body?: string): Promise<string | undefined> {
    const { host } = new URL(url);
    const { statusCode, cut, body: text } = await this.#request(url, headers, body);
    if (statusCode === 400 || statusCode === 404) return undefined;
    if (statusCode !== 200) throw new Error(`${host} answered ${statusCode}`);
    if (cut) throw new Error(`the answer of ${host} broke off: ${cut.message}`);
    return text.toString('utf8');
  }

  async #request(url: string, headers: Record<string, string>, body?: string): Promise<HttpAnswer> {
    this.#count(new URL(url).host);
    return await sendRequest({
      url,
      headers: { 'user-agent': 'Surehook', accept: '*/*', ...headers },
      ...(body === undefined ? {} : { body: Buffer.from(body) }),
      signal: AbortSignal.timeout(WITHIN_MS),
      dispatcher: this.#outlet().dispatcher,
      readMax: () => MAX_BYTES,
    });
  }

  #outlet(): Outlet {
    const { tls, guard = GUARD } = this.#options;
    return this.#outlets.of('provider keys', { limitMs: WITHIN_MS, tls, guard });
  }

  #count(host: string): void {
    const since = this.#now() - 60_000;
    let all = 0;
    for (const [name, times] of this.#fetches) {
      const recent = times.filter((at) => at > since);
      all += recent.length;
      if (recent.length > 0) this.#fetches.set(name, recent);
      else this.#fetches.delete(name);
    }
    const recent = this.#fetches.get(host) ?? [];
    if (recent.length >= FETCHES_PER_MINUTE)
      throw new Error(`${host} has been asked too often in this minute`);
    if (all >= ALL_FETCHES_PER_MINUTE) throw new Error('providers have been asked too often in this minute');
    this.#fetches.set(host, [...recent, this.#now()]);
  }
}
