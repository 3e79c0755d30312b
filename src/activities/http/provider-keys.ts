// Fetches the certificates and public keys that webhooks are verified with, and keeps them for a while.
import type { ProviderKeysFetched } from '../../contracts/provider-keys.ts';
import type { KeyNeed } from '../../signatures/index.ts';
import { createDownload } from './download.ts';
import { Outlets, type OutletsOptions } from './outlets.ts';

/** A set of keys has a few kilobytes. */
const MAX_BYTES = 262_144;
/** The sender waits for the answer meanwhile. */
const WITHIN_MS = 4_000;
/** Providers announce new keys by days, and AWS keeps its certificates for a year. */
const FRESH_MS = 3_600_000;
/** A key id that is not in the set may be new, or made up: the set is fetched again, and not for each request. */
const AGAIN_AFTER_MS = 60_000;
/** URLs differ by provider and region only; more than this many are somebody's play. */
const ENTRIES_MAX = 100;

interface Entry {
  text: Promise<string>;
  at: number;
}

export class ProviderKeys {
  readonly #entries = new Map<string, Entry>();
  readonly #outlets: Outlets;
  readonly #download: ReturnType<typeof createDownload>;

  constructor(options: OutletsOptions) {
    this.#outlets = new Outlets(options);
    this.#download = createDownload({ outlets: this.#outlets, allowLoopback: false });
  }

  /** @throws Error if what is needed cannot be had now */
  async fetch(need: KeyNeed): Promise<ProviderKeysFetched> {
    if ('certificate' in need)
      return { certificates: { [need.certificate]: await this.#get(need.certificate, FRESH_MS) } };
    const jwks = toJwks(await this.#get(need.jwks, FRESH_MS));
    if (Object.hasOwn(jwks, need.keyId)) return { jwks };
    return { jwks: toJwks(await this.#get(need.jwks, AGAIN_AFTER_MS)) };
  }

  async close(): Promise<void> {
    await this.#outlets.close();
  }

  async #get(url: string, freshMs: number): Promise<string> {
    const known = this.#entries.get(url);
    if (known && Date.now() - known.at < freshMs) return await known.text;
    const entry = { text: this.#load(url), at: Date.now() };
    if (this.#entries.size >= ENTRIES_MAX) this.#entries.clear();
    this.#entries.set(url, entry);
    // The next request tries anew.
    entry.text.catch(() => {
      if (this.#entries.get(url) === entry) this.#entries.delete(url);
    });
    return await entry.text;
  }

  async #load(url: string): Promise<string> {
    const signal = AbortSignal.timeout(WITHIN_MS);
    const { bytes } = await this.#download({ url, maxBytes: MAX_BYTES, timeoutMs: WITHIN_MS, signal });
    return Buffer.from(bytes).toString('utf8');
  }
}

function toJwks(text: string): Record<string, Record<string, unknown>> {
  const { keys } = JSON.parse(text) as { keys?: unknown };
  const list = Array.isArray(keys) ? (keys as Record<string, unknown>[]) : [];
  return Object.fromEntries(list.flatMap((key) => (typeof key?.kid === 'string' ? [[key.kid, key]] : [])));
}
