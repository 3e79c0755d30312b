// The activity that signals a raise to the workflow of each alert route that wants it; it sends no message.
import type { AlertRouteConfig, Config } from '../../config/config.ts';
import type { SignalAlertRoute } from '../../contracts/alert.ts';
import { type AlertKind, isOfEndpoint, type Raise } from '../../contracts/alert.ts';

/** In a storm each route gets a signal this often: a signal costs a workflow task, the raises little. */
const SIGNAL_EVERY_MS = 250;
/** About 30 kB. */
const RAISES_PER_SIGNAL_MAX = 100;

export interface RaiseAlertsDeps {
  config: Config;
  signalAlertRoute: SignalAlertRoute;
}

/** The activity throws unless Temporal has the raise for each route; a raise that is repeated counts once. */
export function createRaiseAlerts({ config, signalAlertRoute }: RaiseAlertsDeps) {
  const queues = new Map<string, SignalQueue>();
  const queueOf = (name: string) => {
    const queue = queues.get(name) ?? new SignalQueue(name, config, signalAlertRoute);
    queues.set(name, queue);
    return queue;
  };
  return async function raiseAlerts(raise: Raise): Promise<void> {
    const wanted = [...config.alerts.values()].filter((route) => wants(route, raise, config));
    const outcomes = await Promise.allSettled(wanted.map(({ name }) => queueOf(name).add(raise)));
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed) throw failed.reason;
  };
}

/** The settings `on` of a route that ask for each kind. */
const WANTED_BY: Record<AlertKind, readonly AlertRouteConfig['on'][number][]> = {
  dead_letter: ['dead_letter'],
  recovered: ['recovered'],
  discarded: ['recovered'],
  expiring: ['expiring'],
  expired: ['expiring', 'recovered'], // it also ends an incident
  endpoint_down: ['endpoint_down'],
  endpoint_up: ['endpoint_down'],
};

function wants({ sources, on }: AlertRouteConfig, { kind, source: name }: Raise, config: Config): boolean {
  const isOf = (source: string) =>
    isOfEndpoint(kind)
      ? [...(config.sources.get(source)?.forwardTo.values() ?? [])].flat().includes(name)
      : source === name;
  if (sources !== undefined && !sources.some(isOf)) return false;
  return on.some((wanted) => WANTED_BY[kind].includes(wanted));
}

interface Waiting {
  raise: Raise;
  resolve: () => void;
  reject: (error: unknown) => void;
}

/** Signals the first raise at once, and together those that come until the next signal may go. */
class SignalQueue {
  readonly #name: string;
  readonly #config: Config;
  readonly #signal: SignalAlertRoute;
  readonly #waiting: Waiting[] = [];
  #isBusy = false;

  constructor(name: string, config: Config, signal: SignalAlertRoute) {
    this.#name = name;
    this.#config = config;
    this.#signal = signal;
  }

  /** Resolves once Temporal has the raise. */
  async add(raise: Raise): Promise<void> {
    return await new Promise((resolve, reject) => {
      this.#waiting.push({ raise, resolve, reject });
      if (!this.#isBusy) this.#sendAll();
    });
  }

  async #sendAll(): Promise<void> {
    this.#isBusy = true;
    while (this.#waiting.length > 0) {
      const pause = new Promise((resolve) => setTimeout(resolve, SIGNAL_EVERY_MS).unref());
      await this.#send(this.#waiting.splice(0, RAISES_PER_SIGNAL_MAX));
      await pause;
    }
    this.#isBusy = false;
  }

  async #send(batch: Waiting[]): Promise<void> {
    const raises = batch.map(({ raise }) => raise);
    try {
      const route = this.#config.alerts.get(this.#name);
      // A route that has just left the config wants no raise.
      const pace = route && { gather_ms: route.gatherMs, every_ms: route.everyMs };
      if (pace) await this.#signal(this.#name, { raises, pace });
      for (const { resolve } of batch) resolve();
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}
