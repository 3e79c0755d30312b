// Large bodies outside of Temporal: the SDK's external storage over a store of objects.
import { createHash } from 'node:crypto';
import { ExternalStorage, type Payload, type StorageDriver, StorageDriverClaim } from '@temporalio/common';
import proto from '@temporalio/proto';
import { isLarge } from '../payloads/encryption-codec.ts';
import { toStoredPayload } from '../payloads/raw-body.ts';
import { BodyLostError, StorageUnavailableError } from './errors.ts';
import type { ObjectStore } from './object-store.ts';

/** The ingress answers within 3 s, and Temporal needs its part of them. */
const STORE_WITHIN_MS = 2_000;
/** Shorter than an activity waits for its body. */
const FETCH_WITHIN_MS = 3_500;

/** In each reference: the objects may move to another store under the same keys. */
const DRIVER_NAME = 'surehook';
/** The day, so that old objects are easy to find; then the SHA-256 of the object. */
const KEY = /^\d{4}-\d\d-\d\d\/([0-9a-f]{64})$/;

const { Payload: PayloadProto } = proto.temporal.api.common.v1;

/** It is handed payloads that the codec has encrypted, and nothing else. */
export class BodyStorage {
  readonly #store: ObjectStore;
  readonly #fetching = new Map<string, Promise<Payload>>();

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  /** @throws Error if it cannot be used, with the reason */
  async check(): Promise<void> {
    await this.#store.check();
  }

  /**
   * Stores what is large in clear, and reads it again: Temporal takes up to 2 MB, and a worker has each body that Temporal
   * has in memory, for as long as it has its workflow in the cache. Nothing but bodies.
   */
  forClients(): ExternalStorage {
    const retrieve = async (claims: StorageDriverClaim[]) =>
      await Promise.all(claims.map(({ claimData }) => this.fetch(claimData.key ?? '')));
    const driver = this.#driver(retrieve);
    const driverSelector = (_context: unknown, payload: Payload) => (isLarge(payload) ? driver : null);
    return new ExternalStorage({ drivers: [driver], driverSelector, payloadSizeThreshold: 0 });
  }

  /**
   * Gives a workflow the key in place of the body, for its activities to read: no workflow task depends on the
   * storage, and no cached workflow holds a body. Stores nothing: what a workflow hands to its local activities is in clear.
   */
  forWorkers(): ExternalStorage {
    const retrieve = async (claims: StorageDriverClaim[]) =>
      claims.map(({ claimData }) => toStoredPayload(claimData.key ?? ''));
    return new ExternalStorage({ drivers: [this.#driver(retrieve)], driverSelector: () => null });
  }

  /**
   * The activities of one event ask for the same body at the same time: it is read once for all of them.
   *
   * @throws BodyLostError or StorageUnavailableError
   */
  async fetch(key: string): Promise<Payload> {
    const known = this.#fetching.get(key);
    if (known) return await known;
    const fetching = this.#fetch(key).finally(() => this.#fetching.delete(key));
    this.#fetching.set(key, fetching);
    return await fetching;
  }

  async #fetch(key: string): Promise<Payload> {
    const digest = KEY.exec(key)?.[1];
    if (digest === undefined) throw new BodyLostError('a reference to a stored body is damaged');
    const where = `object ${key} of ${this.#store.name}`;
    const bytes = await this.#within(FETCH_WITHIN_MS, (signal) => this.#store.get(key, signal));
    if (bytes === undefined) throw new BodyLostError(`the body is missing: there is no ${where}`);
    if (sha256(bytes) !== digest) throw new BodyLostError(`the body is damaged: ${where} has other content`);
    return PayloadProto.decode(bytes);
  }

  async #put(payload: Payload): Promise<StorageDriverClaim> {
    const bytes = PayloadProto.encode(payload).finish();
    const key = `${new Date().toISOString().slice(0, 10)}/${sha256(bytes)}`;
    await this.#within(STORE_WITHIN_MS, (signal) => this.#store.put(key, bytes, signal));
    return new StorageDriverClaim({ key });
  }

  #driver(retrieve: (claims: StorageDriverClaim[]) => Promise<Payload[]>): StorageDriver {
    return {
      name: DRIVER_NAME,
      type: 'surehook',
      store: async (_context, payloads) => await Promise.all(payloads.map((payload) => this.#put(payload))),
      retrieve: async (_context, claims) => await retrieve(claims),
    };
  }

  /** The operation hears of its end by the signal; whoever waits hears of it even if the operation does not. */
  async #within<T>(ms: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const signal = AbortSignal.timeout(ms);
    const late = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(new Error(`no answer within ${ms} ms`)), { once: true });
    });
    try {
      return await Promise.race([work(signal), late]);
    } catch (error) {
      const { message, name } = error as Error;
      throw new StorageUnavailableError(`${this.#store.name} cannot be used: ${message || name}`);
    }
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
