// What crosses the border between those who raise alerts, the workflow that gathers them, and the activity that sends them.
// As in messages.ts, what Temporal stores is snake_case.

/** A discarded dead letter is told of where recovered ones are, and an expired one where either of the others is. */
export type LetterKind = 'dead_letter' | 'recovered' | 'discarded' | 'expiring' | 'expired';
/** Of an endpoint: its end is told of where its beginning is. */
export type EndpointKind = 'endpoint_down' | 'endpoint_up';
export type AlertKind = LetterKind | EndpointKind;

export function isOfEndpoint(kind: AlertKind): kind is EndpointKind {
  return kind === 'endpoint_down' || kind === 'endpoint_up';
}

/** Something that an on-call person may want to hear of: codes, ids and types, never a payload or a message. */
export interface Raise {
  kind: AlertKind;
  /** The endpoint, if it is about one: then it has no event. */
  source: string;
  event_id: string;
  event_type: string;
  /** `handler`, `deliver:<endpoint>`; empty unless something has failed. */
  failed_steps: string[];
  /** Codes such as `http_500`. */
  errors: string[];
  /** RFC 3339 UTC. */
  at: string;
  /** Or a random id, of an endpoint's outage. With `kind`, what makes two raises the same one: a repeated raise counts once. */
  run_id: string;
}

/** One signal to the workflow of a route. */
export interface RaiseSignal {
  raises: Raise[];
  /** The route's pace as the config has it now. */
  pace: Pace;
}

export interface Pace {
  /** How long it gathers before the first alert of a storm. */
  gather_ms: number;
  /** At most one alert per this long. */
  every_ms: number;
}

export type Example = Pick<Raise, 'event_id' | 'event_type' | 'failed_steps' | 'errors' | 'at' | 'run_id'>;

/** What is known of one kind of raise for one source. Bounded, however many there were. */
export interface Tally {
  count: number;
  first_at: string;
  last_at: string;
  /** How many had this code, or failed at this step; an event may have several. */
  errors: Record<string, number>;
  steps: Record<string, number>;
  /** The first few. */
  examples: Example[];
}

/** By kind, then by source, or by endpoint. */
export type Gathered = Partial<Record<AlertKind, Record<string, Tally>>>;

export interface SendAlertInput {
  route: string;
  gathered: Gathered;
  /** Sources whose open dead letters are to be counted again: an incident may be over. */
  recheck: string[];
}

export interface SendAlertResult {
  /** `dropped`: the config has no such route any more. */
  status: 'sent' | 'dropped';
  /** Sources to look at once more, a while later: visibility may have been behind. */
  recheck: string[];
}

export const ALERT_ROUTE = 'alertRoute';
export const RAISE_SIGNAL = 'raise';

/** A source named `alert` is refused by the config: its events would have such ids. */
export function alertRouteId(route: string): string {
  return `alert:${route}`;
}

/** The key under which sources beyond the bound are counted together; no source has such a name. */
export const OTHER = '(other)';

/** Dead letters that nobody has replayed or discarded yet, of one source. */
export type CountDeadLetters = (source: string) => Promise<number>;

/** The signature of the workflow `ALERT_ROUTE`. */
export type AlertRoute = (route: string) => Promise<void>;

/** Gives raises to the workflow of a route. @throws if Temporal does not confirm in time; it may have taken the signal all the same */
export type SignalAlertRoute = (route: string, signal: RaiseSignal) => Promise<void>;
