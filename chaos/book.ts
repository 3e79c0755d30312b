// The book of a run: what was sent, answered, handled and delivered, event by event, and which faults there were. A task
// is an event of the source `agent`, and its callbacks are its deliveries.

export interface Send {
  at: number;
  /** When the answer came, or the sender stopped waiting for it. */
  endedAt: number;
  /** The process to which the event was sent. */
  to: string;
  /** The HTTP status, or the error code of the connection. */
  answer: number | string;
}

export interface HandlerCall {
  at: number;
  /** The worker's instance, such as `worker1#2`. */
  by: string;
  /** The handler process of that worker, as `handlerProcess` names it. */
  process?: string;
}

/** A nasty thing that a handler was about to do. */
export interface Deed extends HandlerCall {
  kind: string;
  attempt: number;
}

export interface Delivery {
  at: number;
  endpoint: string;
  by: string;
  answer: number | 'hang' | 'reset';
  /** How the odd endpoint answered. */
  oddity?: string;
  webhookId: string;
  /** Whether the body is what was sent, byte for byte, or tells of the end that its task must have. */
  identical: boolean;
  /** Whether the `standardwebhooks` package accepts the signature, and `x-webhook-signature` is right. */
  verified: boolean;
}

export interface EventRecord {
  source: string;
  id: string;
  type: string;
  /** SHA-256 of the body; of a task, of the callback without its time. */
  digest: string;
  sends: Send[];
  /** When the first 2xx came. */
  acknowledgedAt?: number;
  handled: HandlerCall[];
  deeds: Deed[];
  deliveries: Delivery[];
}

/** A fault as it took place. */
export interface Incident {
  at: number;
  /** When the fault ended: the process ran again, or the endpoint answered. */
  until: number | undefined;
  action: string;
  /** The instance of a process, such as `api1#3`, an endpoint, or a handler process. */
  target: string;
}

export class Book {
  /** When the load began. */
  startedAt = Date.now();
  readonly events = new Map<string, EventRecord>();
  readonly incidents: Incident[] = [];
  /** Samples of the machine's load per core. */
  readonly loads: { at: number; perCore: number }[] = [];
  /** Strangers' sockets by kind, and by the status that they were answered with. */
  readonly strangers: Record<string, Record<string, number>> = {};
  /** What happened and must not, whatever the faults. */
  readonly problems: string[] = [];

  open(source: string, id: string, type: string, digest: string): EventRecord {
    const record = { source, id, type, digest, sends: [], handled: [], deeds: [], deliveries: [] };
    this.events.set(keyOf(record), record);
    return record;
  }

  begin(action: string, target: string): Incident {
    const incident = { at: Date.now(), until: undefined, action, target };
    this.incidents.push(incident);
    return incident;
  }

  /** Seconds since the start, for people. */
  clock(at = Date.now()): string {
    return `${((at - this.startedAt) / 1_000).toFixed(2)} s`;
  }
}

/** The event's workflow id and idempotency key in Surehook. */
export function keyOf({ source, id }: { source: string; id: string }): string {
  return `${source}:${id}`;
}
