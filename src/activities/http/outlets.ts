// The ways out of this process: for each endpoint and alert route an agent with its connections, TLS and proxy.
import { isDeepStrictEqual } from 'node:util';
import { Agent, type Dispatcher, EnvHttpProxyAgent, Pool } from 'undici';
import type { ProxySettings } from '../../config/settings.ts';
import type { ClientUrlGuard } from '../../contracts/client-url.ts';
import { createConnector, type TlsOptions } from './connector.ts';
import { keepLatest } from './keep-latest.ts';
import { passOverInterim } from './pass-over-interim.ts';
import { type Lookup, resolveHost } from './resolve-host.ts';

/** A busy connection is not used again after this time, so that a host whose address changes is followed. */
const CONNECTION_AGE_MAX_MS = 60_000;
/** Of an answer's headers, together. Proxies and frameworks set cookies of many kilobytes. */
const HEADERS_MAX_BYTES = 65_536;
/** Requests to this machine go to it, whatever the proxy: a proxy's own loopback is another. */
const LOOPBACK = 'localhost,127.0.0.1,::1';
/** Of the latest hosts: those that clients name are without number. */
const TRIED_HOSTS_MAX = 500;

export interface Outlet {
  dispatcher: Dispatcher;
  /** The addresses that were tried the last time that a connection to the URL's host was opened. */
  triedAt(url: string): readonly string[];
  /** The URLs are those of clients. */
  guard?: ClientUrlGuard | undefined;
}

interface OutletSettings {
  /** The longest that an attempt, and so the opening of a connection, may take. */
  limitMs: number;
  tls?: TlsOptions | undefined;
  /** Required where URLs come from clients: nothing is sent to an address that is not public. */
  guard?: ClientUrlGuard | undefined;
}

export interface OutletsOptions {
  proxy: ProxySettings | undefined;
  /** For tests. */
  connectionAgeMaxMs?: number;
  lookup?: Lookup;
}

/** Looked up for each attempt: an entry whose settings a new config has changed gets new connections. */
export class Outlets {
  readonly #options: OutletsOptions;
  readonly #entries = new Map<string, { settings: OutletSettings; outlet: Outlet }>();

  constructor(options: OutletsOptions) {
    this.#options = options;
  }

  /** @param name names what the connections are for: those of one name are shared */
  of(name: string, settings: OutletSettings): Outlet {
    const known = this.#entries.get(name);
    if (known && isDeepStrictEqual(known.settings, settings)) return known.outlet;
    void known?.outlet.dispatcher.close(); // after the requests that it has under way
    const outlet = createOutlet(settings, this.#options);
    this.#entries.set(name, { settings, outlet });
    return outlet;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#entries.values()].map(({ outlet }) => outlet.dispatcher.close()));
  }
}

function createOutlet(settings: OutletSettings, options: OutletsOptions): Outlet {
  const tried = new Map<string, readonly string[]>();
  const onTrying = (host: string, addresses: readonly string[]) =>
    keepLatest(tried, TRIED_HOSTS_MAX, host, addresses);
  return {
    guard: settings.guard,
    dispatcher: createDispatcher(settings, options, onTrying),
    triedAt: (url) => tried.get(new URL(url).hostname.replace(/^\[(.*)\]$/, '$1')) ?? [],
  };
}

function createDispatcher(
  { limitMs, tls, guard }: OutletSettings,
  { proxy, lookup, connectionAgeMaxMs = CONNECTION_AGE_MAX_MS }: OutletsOptions,
  onTrying: (host: string, addresses: readonly string[]) => void,
): Dispatcher {
  const common = { limitMs, onTrying, lookup };
  const direct = createConnector({ ...common, tls, guard });
  const toProxy = createConnector({ ...common, tls: undefined });
  const proxies = [proxy?.http, proxy?.https].map((url) => url && new URL(url).href);
  const pool = (origin: string | URL, connect: unknown) =>
    new Pool(origin, {
      // To a proxy that forwards plain HTTP undici would go by a connector of its own.
      connect: passOverInterim(proxies.includes(String(origin)) ? toProxy : (connect as typeof direct)),
      // The signal of each attempt bounds its time.
      headersTimeout: 0,
      bodyTimeout: 0,
      maxHeaderSize: HEADERS_MAX_BYTES,
      clientTtl: connectionAgeMaxMs,
    });
  const options: Agent.Options = {
    allowH2: false, // else requests wait for the first connection, which tells the protocol, and may hang
    connect: direct,
    factory: (origin, { connect }: { connect?: unknown }) => pool(origin, connect),
  };
  if (proxy === undefined) return new Agent(options);
  const agent = new EnvHttpProxyAgent({
    ...options,
    // An empty text is "none": for undefined, undici would read the environment.
    httpProxy: proxy.http ?? '',
    httpsProxy: proxy.https ?? '',
    noProxy: [proxy.except, LOOPBACK].filter(Boolean).join(','),
    requestTls: { ...(tls as object), allowH2: false, timeout: limitMs },
    clientFactory: (origin) => pool(origin, toProxy),
  });
  return guard ? agent.compose(vetFirst({ lookup, guard })) : agent;
}

/** A proxy resolves the name itself: what the operator's own network must not be asked for, it is not asked for. */
function vetFirst(
  options: Pick<Parameters<typeof resolveHost>[0], 'lookup' | 'guard'>,
): Dispatcher.DispatcherComposeInterceptor {
  return (dispatch) => (request, handler) => {
    const { protocol, hostname } = new URL(String(request.origin));
    resolveHost({ ...options, protocol, hostname: hostname.replace(/^\[(.*)\]$/, '$1') })
      .then(() => dispatch(request, handler))
      .catch((error) => handler.onResponseError?.(UNDISPATCHED, error));
    return true;
  };
}

/** A request that has not been given to a connection has none that could be paused or ended. */
const UNDISPATCHED = null as unknown as Dispatcher.DispatchController;
