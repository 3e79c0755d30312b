// Every metric of Surehook: its name, help, labels and buckets, and the one way to record each.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { BreakerState } from '../contracts/endpoint.ts';

/** Label values are bounded: what the config does not name is this. */
const UNKNOWN = 'unknown';

/** In seconds: an acknowledgement takes a few milliseconds, and is given up after 2.5 s. */
const INGRESS_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3];
/** In seconds: an attempt is bounded by its `timeoutMs`, 5 s unless the config says otherwise. */
const ATTEMPT_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

export type TaskType = 'workflow' | 'activity';

export interface QueueStats {
  backlog: number;
  oldestAgeSeconds: number;
  workers: number;
}

/** How an event's run ended; a failed one is a dead letter. */
export type ClosedStatus = 'processed' | 'failed' | 'canceled' | 'discarded';
export type HandlerOutcome = 'succeeded' | 'failed' | 'timeout';
/** `error`: no answer came, for another reason than time. */
export type StatusClass = '2xx' | '3xx' | '4xx' | '5xx' | 'timeout' | 'error';

/** `sent`, or an attempt that failed and is made again; `dropped`: the route is gone from the config. */
export type AlertOutcome = 'sent' | 'failed' | 'dropped';

const ALERT_OUTCOMES: AlertOutcome[] = ['sent', 'failed', 'dropped'];
const BREAKER_STATES: BreakerState[] = ['closed', 'half_open', 'open'];
const CLOSED_STATUSES: ClosedStatus[] = ['processed', 'failed', 'canceled', 'discarded'];
const HANDLER_OUTCOMES: HandlerOutcome[] = ['succeeded', 'failed', 'timeout'];
const STATUS_CLASSES: StatusClass[] = ['2xx', '3xx', '4xx', '5xx', 'timeout', 'error'];
/** A counter that appears with its first event at 1 has not increased, as Prometheus sees it: these begin at 0. */
const OUTCOMES_FROM_ZERO = ['accepted', 'duplicate', 'not_queued'];

/** What may be a label value: the names in the config. */
export interface Names {
  sources: Iterable<string>;
  endpoints: Iterable<string>;
  /** Of alerts. */
  routes: Iterable<string>;
}

export class Metrics {
  readonly registry = new Registry();
  readonly #sources = new Set<string>();
  readonly #endpoints = new Set<string>();
  readonly #routes = new Set<string>();

  readonly #ingressRequests = this.#counter(
    'surehook_ingress_requests_total',
    'Webhook requests answered, by outcome: accepted, duplicate, or the code of the error.',
    ['source', 'outcome'],
  );
  readonly #ingressDuration = this.#histogram(
    'surehook_ingress_duration_seconds',
    'Time from the headers of a webhook request to its answer: the acknowledge latency.',
    ['source', 'status_class'],
    INGRESS_BUCKETS,
  );
  readonly #eventsClosed = this.#counter(
    'surehook_events_closed_total',
    'Runs of events that this worker has ended, by status: processed, failed, canceled or discarded.',
    ['source', 'status'],
  );
  readonly #deadLetters = this.#counter(
    'surehook_dead_letters_total',
    'Events that became dead letters, an event that fails again counted again.',
    ['source'],
  );
  readonly #handlerAttempts = this.#counter(
    'surehook_handler_attempts_total',
    'Attempts of handlers, by outcome: succeeded, failed or timeout.',
    ['source', 'outcome'],
  );
  readonly #handlerDuration = this.#histogram(
    'surehook_handler_duration_seconds',
    'Duration of one attempt of a handler.',
    ['source', 'outcome'],
    ATTEMPT_BUCKETS,
  );
  readonly #deliveryAttempts = this.#counter(
    'surehook_delivery_attempts_total',
    'Attempts of deliveries, by class of the answer: 2xx to 5xx, timeout, or error where none came.',
    ['endpoint', 'status_class'],
  );
  readonly #deliveryDuration = this.#histogram(
    'surehook_delivery_duration_seconds',
    'Duration of one attempt of a delivery.',
    ['endpoint', 'status_class'],
    ATTEMPT_BUCKETS,
  );
  readonly #breakerState = this.#gauge(
    'surehook_breaker_state',
    'The breaker of an endpoint in this worker: 0 closed, 1 half-open (a probe is under way), 2 open: its deliveries are held.',
    ['endpoint'],
  );
  readonly #deliveriesHeld = this.#counter(
    'surehook_deliveries_held_total',
    'Deliveries that had to wait for their endpoint: it is down, or has as many attempts in flight as it may.',
    ['endpoint'],
  );
  readonly #alerts = this.#counter(
    'surehook_alerts_total',
    'Attempts to send an alert, by outcome: sent, failed (it is retried), or dropped with its route.',
    ['route', 'outcome'],
  );
  readonly #temporalUp = this.#gauge(
    'surehook_temporal_up',
    'Whether Temporal answered at this scrape: 1 or 0. Without an answer the queue metrics are absent.',
    [],
  );
  readonly #queueBacklog = this.#gauge(
    'surehook_queue_backlog_tasks',
    'Tasks that wait in the task queue for a worker, as Temporal estimates; retries that are not due are not among them.',
    ['task_type'],
  );
  readonly #queueAge = this.#gauge(
    'surehook_queue_oldest_task_age_seconds',
    'Age of the oldest task that waits in the task queue for a worker, as Temporal estimates.',
    ['task_type'],
  );
  readonly #queueWorkers = this.#gauge(
    'surehook_queue_workers',
    'Workers that Temporal has seen poll the task queue in the last two minutes.',
    ['task_type'],
  );

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  /** Names that the config knows; their counters begin at 0. */
  know({ sources, endpoints, routes }: Names): void {
    for (const source of sources) {
      this.#sources.add(source);
      for (const outcome of OUTCOMES_FROM_ZERO) this.#ingressRequests.inc({ source, outcome }, 0);
      for (const status of CLOSED_STATUSES) this.#eventsClosed.inc({ source, status }, 0);
      for (const outcome of HANDLER_OUTCOMES) this.#handlerAttempts.inc({ source, outcome }, 0);
      this.#deadLetters.inc({ source }, 0);
    }
    for (const endpoint of endpoints) {
      this.#endpoints.add(endpoint);
      for (const status_class of STATUS_CLASSES) this.#deliveryAttempts.inc({ endpoint, status_class }, 0);
      this.#deliveriesHeld.inc({ endpoint }, 0);
    }
    for (const route of routes) {
      this.#routes.add(route);
      for (const outcome of ALERT_OUTCOMES) this.#alerts.inc({ route, outcome }, 0);
    }
  }

  /** @param outcome `accepted`, `duplicate`, or a code of the table of errors */
  requestAnswered(name: string, outcome: string, status: number, durationMs: number): void {
    const source = this.#source(name);
    this.#ingressRequests.inc({ source, outcome });
    const status_class = `${Math.floor(status / 100)}xx`;
    this.#ingressDuration.observe({ source, status_class }, durationMs / 1_000);
  }

  eventClosed(name: string, status: ClosedStatus): void {
    const source = this.#source(name);
    this.#eventsClosed.inc({ source, status });
    if (status === 'failed') this.#deadLetters.inc({ source });
  }

  handlerAttempted(name: string, outcome: HandlerOutcome, durationMs: number): void {
    const labels = { source: this.#source(name), outcome };
    this.#handlerAttempts.inc(labels);
    this.#handlerDuration.observe(labels, durationMs / 1_000);
  }

  deliveryAttempted(name: string, status_class: StatusClass, durationMs: number): void {
    const labels = { endpoint: this.#endpoints.has(name) ? name : UNKNOWN, status_class };
    this.#deliveryAttempts.inc(labels);
    this.#deliveryDuration.observe(labels, durationMs / 1_000);
  }

  breakerChanged(endpoint: string, state: BreakerState): void {
    this.#breakerState.set({ endpoint }, BREAKER_STATES.indexOf(state));
  }

  /** Once for each time that it begins to wait. */
  deliveryHeld(endpoint: string): void {
    this.#deliveriesHeld.inc({ endpoint });
  }

  alertAttempted(name: string, outcome: AlertOutcome): void {
    this.#alerts.inc({ route: this.#routes.has(name) ? name : UNKNOWN, outcome });
  }

  /** @param stats undefined: Temporal did not answer, and nothing is known of the queue */
  queueRead(stats: Record<TaskType, QueueStats> | undefined): void {
    this.#temporalUp.set(stats ? 1 : 0);
    for (const gauge of [this.#queueBacklog, this.#queueAge, this.#queueWorkers]) gauge.reset();
    for (const [task_type, { backlog, oldestAgeSeconds, workers }] of Object.entries(stats ?? {})) {
      this.#queueBacklog.set({ task_type }, backlog);
      this.#queueAge.set({ task_type }, oldestAgeSeconds);
      this.#queueWorkers.set({ task_type }, workers);
    }
  }

  #source(name: string): string {
    return this.#sources.has(name) ? name : UNKNOWN;
  }

  #counter(name: string, help: string, labelNames: string[]) {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }

  #histogram(name: string, help: string, labelNames: string[], buckets: number[]) {
    return new Histogram({ name, help, labelNames, buckets, registers: [this.registry] });
  }

  #gauge(name: string, help: string, labelNames: string[]) {
    return new Gauge({ name, help, labelNames, registers: [this.registry] });
  }
}
