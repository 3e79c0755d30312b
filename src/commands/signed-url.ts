// The address of a source as its senders know it.
import type { SourceConfig } from '../config/config.ts';

/**
 * The address by which the ingress verifies requests: what is configured, else the one that the request is sent to.
 *
 * @param publicUrl SUREHOOK_PUBLIC_URL, if it is set
 */
export function signedUrlOf({ verify }: SourceConfig, target: URL, publicUrl: string | undefined): string {
  if (verify.url !== undefined) return verify.url.includes('?') ? verify.url : verify.url + target.search;
  return `${publicUrl?.replace(/\/+$/, '') ?? target.origin}${target.pathname}${target.search}`;
}
