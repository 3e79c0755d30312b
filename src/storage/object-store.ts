// What a place for large bodies has to do: keep immutable objects under keys that Surehook makes.
export interface ObjectStore {
  /** As the log names it: no credentials. */
  readonly name: string;
  /** @throws Error if the place cannot be used, with the reason in words */
  check(): Promise<void>;
  /** Resolves once the object is durable. The same key and bytes again change nothing. */
  put(key: string, bytes: Uint8Array, signal: AbortSignal): Promise<void>;
  /** @returns undefined if there is no such object */
  get(key: string, signal: AbortSignal): Promise<Uint8Array | undefined>;
}
