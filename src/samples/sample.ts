// What a sample is: an event as its provider sends it, before it is signed.
import type { SchemeName } from '../signatures/index.ts';

export interface Sample {
  /** The event type as the provider writes it, with a word in brackets where several samples have one type. */
  name: string;
  /** The type that Surehook finds, where it is not the name. */
  type?: string;
  /** Under lower-case names. */
  headers?: Readonly<Record<string, string>>;
  /** A body of JSON. */
  json?: unknown;
  /** The fields of a form, in place of JSON. */
  form?: Readonly<Record<string, string>>;
  /** Keys in the body whose values are made anew for each event, where its id is the digest of the body. */
  fresh?: string;
  /** The key in a JSON body whose value is the time of sending, in Unix milliseconds. */
  sentAtMs?: string;
}

export type SamplesByScheme = Readonly<Partial<Record<SchemeName, readonly Sample[]>>>;
