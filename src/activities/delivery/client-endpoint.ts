// Makes an endpoint out of an address that a client has given.
import type { Config, EndpointConfig } from '../../config/config.ts';
import { Secret } from '../../config/secret.ts';
import type { CallbackTarget } from '../../contracts/callback.ts';
import { LOCAL_DELIVERY_TIMEOUT_MAX_MS } from '../../contracts/event.ts';

/** The name of every such endpoint in metrics, logs and views. */
export const CALLBACK_ENDPOINT = 'callback';

/** As the config's defaults are. A client's host that is down holds up its own callbacks alone. */
const BREAKER = { failures: 10, probeAfterMs: 10_000, holdForMs: 24 * 3_600_000, alertAfterMs: 300_000 };

export function toClientEndpoint(
  { url, secrets, headers = {} }: CallbackTarget,
  { retry }: Config['callbacks'],
): EndpointConfig {
  return {
    name: CALLBACK_ENDPOINT,
    clientHost: new URL(url).host,
    url,
    secrets: secrets.map((secret) => new Secret('webhook_secret', secret)),
    headers,
    forwardHeaders: [],
    timeoutMs: LOCAL_DELIVERY_TIMEOUT_MAX_MS,
    tls: undefined,
    retry,
    breaker: BREAKER,
  };
}
