// Every metric of Surehook: its name, help, labels and buckets, and the one method that records it.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { BreakerState } from '../contracts/endpoint.ts';

/** The label value of every name that the config does not have, so that the label values are bounded. */
const UNKNOWN = 'unknown';

/** In seconds: an acknowledgement takes a few milliseconds, and is given up after 2.5 s. */
const INGRESS_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3];
/** In seconds: an attempt is bounded by its `timeoutMs`, 5 s unless the config says otherwise. */
const ATTEMPT_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** In seconds: work takes from a second to hours. */
const TASK_BUCKETS = [0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3_600, 10_800];

export type QueueType = 'workflow' | 'activity';

export interface QueueStats {
  backlog: number;
  oldestAgeSeconds: number;
  workers: number;
}

/** How an event's run ended; a failed one is a dead letter. */
export type ClosedStatus = 'processed' | 'failed' | 'canceled' | 'discarded';
/** How the work of a task ended. */
export type TaskClosedStatus = 'completed' | 'failed' | 'error';
const TASK_STATUSES: TaskClosedStatus[] = ['completed', 'failed', 'error'];
export type HandlerOutcome = 'succeeded' | 'failed' | 'timeout';
/** `error`: no answer came, for another reason than a time-out. */
export type StatusClass = '2xx' | '3xx' | '4xx' | '5xx' | 'timeout' | 'error';

/** `failed`: the alert is retried; `dropped`: the config no longer has the alert route. */
export type AlertOutcome = 'sent' | 'failed' | 'dropped';

const ALERT_OUTCOMES: AlertOutcome[] = ['sent', 'failed', 'dropped'];
const BREAKER_STATES: BreakerState[] = ['closed', 'half_open', 'open'];
const CLOSED_STATUSES: ClosedStatus[] = ['processed', 'failed', 'canceled', 'discarded'];
const HANDLER_OUTCOMES: HandlerOutcome[] = ['succeeded', 'failed', 'timeout'];
const STATUS_CLASSES: StatusClass[] = ['2xx', '3xx', '4xx', '5xx', 'timeout', 'error'];
/** Outcomes whose counters begin at 0: for Prometheus, a counter that first appears at 1 has not increased. */
const OUTCOMES_FROM_ZERO = ['accepted', 'duplicate', 'not_queued'];

/** The names in the config, which may be label values. */
export interface Names {
  sources: Iterable<string>;
  endpoints: Iterable<string>;
  /** The names of the alert routes. */
  routes: Iterable<string>;
  /** The names of the task types. */
  tasks: Iterable<string>;
}

export class Metrics {
  readonly registry = new Registry();
  readonly #sources = new Set<string>();
  readonly #endpoints = new Set<string>();
  readonly #routes = new Set<string>();
  readonly #tasks = new Set<string>();

  readonly #ingressRequests = this.#counter(
    'surehook_ingress_requests_total',
    'Webhook requests answered, by outcome: accepted, duplicate, handshake, or the code of the error.',
    ['source', 'outcome'],
  );
  readonly #differingDuplicates = this.#counter(
    'surehook_ingress_differing_duplicates_total',
    'Duplicates whose type or body is not that of the event with their id.',
    ['source'],
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
    'Events that became dead letters. An event that fails again after a replay is counted again.',
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
  readonly #taskAttempts = this.#counter(
    'surehook_task_attempts_total',
    'Attempts of the work of agent tasks, by outcome: succeeded (it ended, said no, or asked), failed or timeout.',
    ['task_type', 'outcome'],
  );
  readonly #taskDuration = this.#histogram(
    'surehook_task_duration_seconds',
    'Duration of one attempt of the work of an agent task.',
    ['task_type', 'outcome'],
    TASK_BUCKETS,
  );
  readonly #tasksClosed = this.#counter(
    'surehook_tasks_closed_total',
    'Agent tasks whose work this worker has ended, by status: completed, failed (the task said no) or error (it broke).',
    ['task_type', 'status'],
  );
  readonly #deliveryAttempts = this.#counter(
    'surehook_delivery_attempts_total',
    'Attempts of deliveries, by class of the answer: 2xx to 5xx, timeout, or error if no answer came.',
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
    'Deliveries that were held: their endpoint was down, or had as many attempts in flight as one endpoint may have.',
    ['endpoint'],
  );
  readonly #alerts = this.#counter(
    'surehook_alerts_total',
    'Attempts to send an alert, by outcome: sent, failed (and retried), or dropped (the config has no such route).',
    ['route', 'outcome'],
  );
  readonly #temporalUp = this.#gauge(
    'surehook_temporal_up',
    'Whether Temporal answered at this scrape: 1 or 0. Without an answer the queue metrics are absent.',
    [],
  );
  readonly #queueBacklog = this.#gauge(
    'surehook_queue_backlog_tasks',
    'Tasks that wait in the task queue for a worker, as Temporal estimates, without retries that are not due.',
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

  /** Makes the names in the config label values; their counters begin at 0. */
  know({ sources, endpoints, routes, tasks }: Names): void {
    for (const source of sources) {
      this.#sources.add(source);
      for (const outcome of OUTCOMES_FROM_ZERO) this.#ingressRequests.inc({ source, outcome }, 0);
      for (const status of CLOSED_STATUSES) this.#eventsClosed.inc({ source, status }, 0);
      for (const outcome of HANDLER_OUTCOMES) this.#handlerAttempts.inc({ source, outcome }, 0);
      this.#deadLetters.inc({ source }, 0);
      this.#differingDuplicates.inc({ source }, 0);
    }
    for (const endpoint of endpoints) {
      this.#endpoints.add(endpoint);
      for (const status_class of STATUS_CLASSES) this.#deliveryAttempts.inc({ endpoint, status_class }, 0);
      this.#deliveriesHeld.inc({ endpoint }, 0);
    }
    for (const task_type of tasks) {
      this.#tasks.add(task_type);
      for (const outcome of HANDLER_OUTCOMES) this.#taskAttempts.inc({ task_type, outcome }, 0);
      for (const status of TASK_STATUSES) this.#tasksClosed.inc({ task_type, status }, 0);
    }
    for (const route of routes) {
      this.#routes.add(route);
      for (const outcome of ALERT_OUTCOMES) this.#alerts.inc({ route, outcome }, 0);
    }
  }

  /** @param outcome `accepted`, `duplicate`, or an error code of the table in `api/http/errors.ts` */
  requestAnswered(name: string, outcome: string, status: number, durationMs: number): void {
    const source = this.#source(name);
    this.#ingressRequests.inc({ source, outcome });
    const status_class = `${Math.floor(status / 100)}xx`;
    this.#ingressDuration.observe({ source, status_class }, durationMs / 1_000);
  }

  duplicateDiffered(name: string): void {
    this.#differingDuplicates.inc({ source: this.#source(name) });
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

  taskAttempted(name: string, outcome: HandlerOutcome, durationMs: number): void {
    const labels = { task_type: this.#tasks.has(name) ? name : UNKNOWN, outcome };
    this.#taskAttempts.inc(labels);
    this.#taskDuration.observe(labels, durationMs / 1_000);
  }

  taskClosed(name: string, status: TaskClosedStatus): void {
    this.#tasksClosed.inc({ task_type: this.#tasks.has(name) ? name : UNKNOWN, status });
  }

  deliveryAttempted(name: string, status_class: StatusClass, durationMs: number): void {
    const labels = { endpoint: this.#endpoints.has(name) ? name : UNKNOWN, status_class };
    this.#deliveryAttempts.inc(labels);
    this.#deliveryDuration.observe(labels, durationMs / 1_000);
  }

  breakerChanged(endpoint: string, state: BreakerState): void {
    this.#breakerState.set({ endpoint }, BREAKER_STATES.indexOf(state));
  }

  /** The endpoint has left the config. */
  breakerRemoved(endpoint: string): void {
    this.#breakerState.remove({ endpoint });
  }

  /** Called each time a delivery begins to be held. */
  deliveryHeld(endpoint: string): void {
    this.#deliveriesHeld.inc({ endpoint });
  }

  alertAttempted(name: string, outcome: AlertOutcome): void {
    this.#alerts.inc({ route: this.#routes.has(name) ? name : UNKNOWN, outcome });
  }

  /** @param stats undefined if Temporal did not answer: the metrics of the queue are then absent */
  queueRead(stats: Record<QueueType, QueueStats> | undefined): void {
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
