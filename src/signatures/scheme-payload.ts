// Reads the payload of an event where a provider has it in a place of its own, such as a field of a form.
import { type HeadersInput, headerReader } from './headers.ts';
import { findScheme, type SchemeName } from './schemes/index.ts';

/** @returns undefined for a scheme whose events are the body itself, and for a body that has none */
export function schemePayload(scheme: SchemeName, headers: HeadersInput, body: Uint8Array): unknown {
  return findScheme(scheme).payload?.({ header: headerReader(headers), body });
}
