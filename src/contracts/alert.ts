// The records that pass between those who raise alerts, the workflow that gathers them, and the activity that sends them.
// As in event.ts, records that Temporal stores are snake_case.

/** A route for `recovered` also gets `discarded`; a route for `expiring` or for `recovered` also gets `expired`. */
export type LetterKind = 'dead_letter' | 'recovered' | 'discarded' | 'expiring' | 'expired';
/** The start and the end of an endpoint's outage: a route gets both or neither. */
export type EndpointKind = 'endpoint_down' | 'endpoint_up';
export type AlertKind = LetterKind | EndpointKind;

export function isOfEndpoint(kind: AlertKind): kind is EndpointKind {
  return kind === 'endpoint_down' || kind === 'endpoint_up';
}

/** Something that an on-call person may want to know. It has codes, ids and types, never a payload or a message. */
export interface Raise {
  kind: AlertKind;
  /** For the kinds of an endpoint it is the endpoint's name, and `event_id` and `event_type` are empty. */
  source: string;
  event_id: string;
  event_type: string;
  /** `handler`, `deliver:<endpoint>`; empty unless something has failed. */
  failed_steps: string[];
  /** Codes such as `http_500`. */
  errors: string[];
  /** RFC 3339 UTC. */
  at: string;
  /** The run of the event, or a random id of the outage. Raises with the same `kind` and `run_id` count once. */
  run_id: string;
}

/** One signal to the workflow of a route. */
export interface RaiseSignal {
  raises: Raise[];
  /** The route's pace in the config of the worker that raises. */
  pace: Pace;
}

export interface Pace {
  /** Milliseconds for which the route gathers raises before the first alert of a storm. */
  gather_ms: number;
  /** Milliseconds from one alert of the route to the next, at least. */
  every_ms: number;
}

export type Example = Pick<Raise, 'event_id' | 'event_type' | 'failed_steps' | 'errors' | 'at' | 'run_id'>;

/** The raises of one kind for one source, added up. Its size is bounded, however many raises there are. */
export interface Tally {
  count: number;
  first_at: string;
  last_at: string;
  /** How many raises have this code, or failed at this step; an event may have several. */
  errors: Record<string, number>;
  steps: Record<string, number>;
  /** The first few raises. */
  examples: Example[];
}

/** Tallies by kind, then by source; for the kinds of an endpoint, by endpoint. */
export type Gathered = Partial<Record<AlertKind, Record<string, Tally>>>;

export interface SendAlertInput {
  route: string;
  gathered: Gathered;
  /** Sources whose open dead letters the activity counts again, since their incident may be over. */
  recheck: string[];
}

export interface SendAlertResult {
  /** `dropped`: the config has no such route. */
  status: 'sent' | 'dropped';
  /** Sources to count once more, a while later: visibility may have been behind. */
  recheck: string[];
}

export const ALERT_ROUTE = 'alertRoute';
export const RAISE_SIGNAL = 'raise';

/** The config refuses a source named `alert`, whose events would have such ids. */
export function alertRouteId(route: string): string {
  return `alert:${route}`;
}

/** The key under which sources beyond the bound are counted together; no source has such a name. */
export const OTHER = '(other)';

/** Counts the open dead letters of one source. @throws if Temporal does not count them in time */
export type CountDeadLetters = (source: string) => Promise<number>;

/** The signature of the workflow `ALERT_ROUTE`. */
export type AlertRoute = (route: string) => Promise<void>;

/** Signals raises to a route's workflow. @throws if Temporal does not confirm in time, though it may have the signal */
export type SignalAlertRoute = (route: string, signal: RaiseSignal) => Promise<void>;
