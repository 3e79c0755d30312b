// Keeps large bodies outside of Temporal: the SDK's external storage over a store of objects.
import { createHash } from 'node:crypto';
import { ExternalStorage, type Payload, type StorageDriver, StorageDriverClaim } from '@temporalio/common';
import proto from '@temporalio/proto';
import { isLarge, passHere } from '../payloads/encryption-codec.ts';
import { toStoredPayload } from '../payloads/raw-body.ts';
import { BodyLostError, StorageUnavailableError } from './errors.ts';
import type { ObjectStore } from './object-store.ts';

/** The ingress answers within 3 s, and Temporal needs its part of that time. */
const STORE_WITHIN_MS = 2_000;
/** Shorter than the time for which an activity waits for its body. */
const FETCH_WITHIN_MS = 3_500;

/** The name in each reference. It names no store, so the objects may move to another store under the same keys. */
const DRIVER_NAME = 'surehook';
/**
 * A key is the SHA-256 of the object, in 256 folders. The same body of the same event is the same object: a resend finds
 * it and makes it young again, so that whoever deletes old objects keeps it.
 */
const KEY = /^[0-9a-f]{2}\/([0-9a-f]{64})$/;

const { Payload: PayloadProto } = proto.temporal.api.common.v1;

/** Stores and reads only payloads that the codec has encrypted. */
export class BodyStorage {
  readonly #store: ObjectStore;
  readonly #fetching = new Map<string, Promise<Payload>>();

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  /** @throws Error with the reason if the store cannot be used */
  async check(): Promise<void> {
    await this.#store.check();
  }

  /**
   * For clients: stores bodies that are large in clear, and nothing else, and reads them back. Temporal takes up to
   * 2 MB, and a worker keeps a body that is in Temporal in memory for as long as it keeps the workflow in its cache.
   */
  forClients(): ExternalStorage {
    const retrieve = async (claims: StorageDriverClaim[]) =>
      await Promise.all(claims.map(({ claimData }) => this.fetch(claimData.key ?? '')));
    const driver = this.#driver(retrieve);
    const driverSelector = (_context: unknown, payload: Payload) => (isLarge(payload) ? driver : null);
    return new ExternalStorage({ drivers: [driver], driverSelector, payloadSizeThreshold: 0 });
  }

  /**
   * For workers: gives a workflow the key in place of the body, which its activities read. So no workflow task depends
   * on the storage, and no cached workflow has a body. It stores nothing: local activities get their bodies in clear.
   */
  forWorkers(): ExternalStorage {
    const retrieve = async (claims: StorageDriverClaim[]) =>
      claims.map(({ claimData }) => passHere(toStoredPayload(claimData.key ?? '')));
    return new ExternalStorage({ drivers: [this.#driver(retrieve)], driverSelector: () => null });
  }

  /**
   * Reads a body. The activities of one event ask for the same body at the same time: it is read once for all of them.
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
    const digest = sha256(bytes);
    const key = `${digest.slice(0, 2)}/${digest}`;
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

  /** Aborts the operation after `ms`. The caller gets an error then, even if the operation ignores its signal. */
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
