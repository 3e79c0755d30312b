// The books of a run: what was sent, answered, handled and delivered, event by event, and which faults there were.

export interface Send {
  at: number;
  /** When the answer came, or its absence was accepted. */
  endedAt: number;
  /** The process that it was sent to. */
  to: string;
  /** A status, or the code of what went wrong with the connection. */
  answer: number | string;
}

export interface HandlerCall {
  at: number;
  /** The instance of a worker, such as `worker1#2`. */
  by: string;
}

export interface Delivery {
  at: number;
  endpoint: string;
  by: string;
  answer: number | 'hang' | 'reset';
  webhookId: string;
  /** The body is, byte for byte, what was sent. */
  identical: boolean;
  /** By the `standardwebhooks` package. */
  verified: boolean;
}

export interface EventRecord {
  source: string;
  id: string;
  type: string;
  /** SHA-256 of the body. */
  digest: string;
  sends: Send[];
  /** When a 2xx came. */
  acknowledgedAt?: number;
  handled: HandlerCall[];
  deliveries: Delivery[];
}

/** A fault as it took place. */
export interface Incident {
  at: number;
  /** When it ended: the process runs again, the endpoint answers. */
  until: number | undefined;
  action: string;
  /** The instance of a process, such as `api1#3`, or an endpoint. */
  target: string;
}

export class Book {
  /** When the load began. */
  startedAt = Date.now();
  readonly events = new Map<string, EventRecord>();
  readonly incidents: Incident[] = [];
  /** The machine's load per core, now and then. */
  readonly loads: { at: number; perCore: number }[] = [];
  /** What must not happen, whatever the faults. */
  readonly problems: string[] = [];

  open(source: string, id: string, type: string, digest: string): EventRecord {
    const record = { source, id, type, digest, sends: [], handled: [], deliveries: [] };
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

/** Surehook's workflow id and idempotency key. */
export function keyOf({ source, id }: { source: string; id: string }): string {
  return `${source}:${id}`;
}
