// Fetches the certificates and public keys that webhooks are verified with, and keeps them for a while.
import type { ProviderKeysFetched } from '../../contracts/provider-keys.ts';
import { type KeyNeed, type KeyQuery, readKey } from '../../signatures/index.ts';
import { type Outlet, Outlets, type OutletsOptions } from './outlets.ts';
import { sendRequest } from './send-request.ts';

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
/** More than this many are somebody's play. */
const ENTRIES_MAX = 200;

type JsonWebKey = NonNullable<ProviderKeysFetched['jwks']>[string];

interface Entry<T> {
  value: Promise<T>;
  until: number;
}

export class ProviderKeys {
  readonly #certificates = new Map<string, Entry<string>>();
  readonly #keys = new Map<string, Entry<JsonWebKey | undefined>>();
  readonly #fetches = new Map<string, number[]>();
  readonly #outlets: Outlets;

  constructor(options: OutletsOptions) {
    this.#outlets = new Outlets(options);
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

  async close(): Promise<void> {
    await this.#outlets.close();
  }

  async #kept<T>(entries: Map<string, Entry<T>>, name: string, load: () => Promise<T>): Promise<T> {
    const known = entries.get(name);
    if (known && Date.now() < known.until) return await known.value;
    if (entries.size >= ENTRIES_MAX) entries.clear();
    const entry: Entry<T> = { value: load(), until: Date.now() + FRESH_MS };
    entries.set(name, entry);
    try {
      const value = await entry.value;
      if (value === undefined) entry.until = Date.now() + UNKNOWN_FOR_MS;
      return value;
    } catch (error) {
      if (entries.get(name) === entry) entries.delete(name); // the next request tries anew
      throw error;
    }
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
    this.#count(host);
    const { dispatcher } = this.#outlet();
    const answer = await sendRequest({
      url,
      headers: { 'user-agent': 'Surehook', accept: '*/*', ...headers },
      ...(body === undefined ? {} : { body: Buffer.from(body) }),
      signal: AbortSignal.timeout(WITHIN_MS),
      dispatcher,
      readMax: () => MAX_BYTES,
    });
    if (answer.statusCode === 400 || answer.statusCode === 404) return undefined;
    if (answer.statusCode !== 200) throw new Error(`${host} answered ${answer.statusCode}`);
    if (answer.cut) throw new Error(`the answer of ${host} broke off: ${answer.cut.message}`);
    return answer.body.toString('utf8');
  }

  /** Nothing is fetched from an address that is not public: a name of the provider's that leads elsewhere is an attack. */
  #outlet(): Outlet {
    return this.#outlets.of('provider keys', { limitMs: WITHIN_MS, guard: { allowLoopback: false } });
  }

  #count(host: string): void {
    const since = Date.now() - 60_000;
    const recent = (this.#fetches.get(host) ?? []).filter((at) => at > since);
    if (recent.length >= FETCHES_PER_MINUTE)
      throw new Error(`${host} has been asked too often in this minute`);
    this.#fetches.set(host, [...recent, Date.now()]);
  }
}
