// The limits of a process that receives webhooks. They are made once, and given to everything that they limit.
import { ClientCounts } from '../http/limit-connections.ts';
import { Admission } from './admission.ts';
import { BodyBudget } from './body-budget.ts';

export interface IngressLimits {
  /** Limits the starts that are in flight at Temporal. */
  admission: Admission;
  /** Limits the bytes of bodies that the process keeps. */
  bodies: BodyBudget;
  /** Counts the requests of each client that are under way: a connection, or a proxy, may bring many at once. */
  requests: ClientCounts;
  /** A body that comes more slowly is not read on. */
  leastBytesPerSecond: number;
}

/** What the settings say of the limits. */
export interface IngressBounds {
  maxPerClient: number;
  leastBytesPerSecond: number;
}

export function createIngressLimits({ maxPerClient, leastBytesPerSecond }: IngressBounds): IngressLimits {
  return {
    admission: new Admission(),
    bodies: new BodyBudget(),
    requests: new ClientCounts(maxPerClient),
    leastBytesPerSecond,
  };
}
