// Names network errors of a request by short codes, for the attempt log, search attributes and metrics.
import { URL_NOT_ALLOWED } from '../../contracts/client-url.ts';
import { ADDRESS_REFUSED } from './resolve-host.ts';

const CODES: Record<string, string> = {
  [ADDRESS_REFUSED]: URL_NOT_ALLOWED,
  ECONNREFUSED: 'connection_refused',
  ECONNRESET: 'connection_reset',
  EPIPE: 'connection_reset',
  UND_ERR_SOCKET: 'connection_reset',
  ENOTFOUND: 'dns_not_found',
  EAI_AGAIN: 'dns_unavailable',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  ETIMEDOUT: 'timeout',
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  UND_ERR_HEADERS_TIMEOUT: 'timeout',
  UND_ERR_BODY_TIMEOUT: 'timeout',
};

/** The codes of OpenSSL and Node for a certificate or a handshake that is not accepted. */
const TLS = /^(ERR_TLS_|ERR_SSL_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|EPROTO)/;

export function networkErrorCode(error: unknown, signal: AbortSignal): string {
  if (signal.aborted) return 'timeout';
  const { code, errors } = error as { code?: string; errors?: { code?: string }[] };
  const name = code ?? errors?.[0]?.code ?? ''; // a host with several addresses gives an AggregateError
  if (TLS.test(name)) return 'tls_error';
  return CODES[name] ?? 'network_error';
}
