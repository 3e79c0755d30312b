// The limits of a process that receives webhooks. They are made once, and given to everything that they limit.
import { ClientCounts } from '../http/limit-connections.ts';
import type { Rate } from '../http/request-rates.ts';
import { Admission } from './admission.ts';
import { BodyBudget } from './body-budget.ts';
import { WebhookRates } from './webhook-rates.ts';

export interface IngressLimits {
  /** Limits the starts that are in flight at Temporal. */
  admission: Admission;
  /** Limits the bytes of bodies that the process keeps. */
  bodies: BodyBudget;
  /** Counts the requests of each client that are under way: a connection, or a proxy, may bring many at once. */
  requests: ClientCounts;
  /** Counts the webhooks of each client, and of each source that has a limit. */
  rates: WebhookRates;
  /** A body that comes more slowly is not read on. */
  leastBytesPerSecond: number;
}

/** What the settings say of the limits. */
export interface IngressBounds {
  maxPerClient: number;
  /** Webhooks of one client; undefined: no limit. */
  clientRate: Rate | undefined;
  leastBytesPerSecond: number;
}

export function createIngressLimits({
  maxPerClient,
  clientRate,
  leastBytesPerSecond,
}: IngressBounds): IngressLimits {
  return {
    admission: new Admission(),
    bodies: new BodyBudget(),
    requests: new ClientCounts(maxPerClient),
    rates: new WebhookRates(clientRate),
    leastBytesPerSecond,
  };
}
