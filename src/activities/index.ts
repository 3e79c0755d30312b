// All activities, built on what they depend on.
import type { Logger } from 'pino';
import { Agent } from 'undici';
import type { CountDeadLetters } from '../alerts.ts';
import type { Config } from '../config/config.ts';
import type { ListJobItems, RunJobItem } from '../jobs.ts';
import type { SignalAlertRoute } from '../temporal/alert-signals.ts';
import type { LoadBody } from '../temporal/load-body.ts';
import type { ReadTries } from '../temporal/read-tries.ts';
import type { ReportBreaker } from '../temporal/report-breaker.ts';
import type { ReadRetentionMs } from '../temporal/retention.ts';
import type { LinkTo } from './alerts/alert.ts';
import { createRaiseAlerts } from './alerts/raise-alerts.ts';
import { createSendAlert } from './alerts/send-alert.ts';
import { createBreakers } from './breakers.ts';
import { createDeliver } from './deliver.ts';
import { createHandleEvent } from './handle-event.ts';
import { createJobActivities } from './job-activities.ts';
import { createKeepTries } from './keep-tries.ts';
import type { TryObserver } from './observe-try.ts';
import { createReadRetention } from './read-retention.ts';

export interface ActivityDeps {
  config: Config;
  loadBody: LoadBody;
  log: Logger;
  observer: TryObserver;
  signalAlertRoute: SignalAlertRoute;
  countDeadLetters: CountDeadLetters;
  readTries: ReadTries;
  readRetentionMs: ReadRetentionMs;
  linkTo: LinkTo;
  reportBreaker: ReportBreaker;
  listJobItems: ListJobItems;
  runJobItem: RunJobItem;
}

export function createActivities(deps: ActivityDeps) {
  // Each try is bounded by its own signal; the agent's own time-outs only have to be no shorter.
  const dispatcher = new Agent({ connect: { timeout: 60_000 }, headersTimeout: 0, bodyTimeout: 0 });
  const { metrics } = deps.observer;
  const breakers = createBreakers({ ...deps, metrics });
  return {
    handleEvent: createHandleEvent(deps),
    deliver: createDeliver({ ...deps, dispatcher, breakers }),
    keepTries: createKeepTries(deps),
    readRetention: createReadRetention(deps),
    raiseAlerts: createRaiseAlerts(deps),
    sendAlert: createSendAlert({ ...deps, metrics, dispatcher }),
    ...createJobActivities(deps),
  };
}

export type Activities = ReturnType<typeof createActivities>;
