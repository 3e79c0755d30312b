// What a store of large bodies does: it keeps immutable objects under keys that Surehook makes.
export interface ObjectStore {
  /** The name of the store in the log, without credentials. */
  readonly name: string;
  /** @throws Error with the reason in words if the store cannot be used */
  check(): Promise<void>;
  /** Resolves once the object is durable. A second `put` of the same key and bytes changes nothing. */
  put(key: string, bytes: Uint8Array, signal: AbortSignal): Promise<void>;
  /** @returns undefined if there is no such object */
  get(key: string, signal: AbortSignal): Promise<Uint8Array | undefined>;
}
