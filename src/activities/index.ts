// Creates all activities from what they depend on.
import type { Logger } from 'pino';
import type { Config } from '../config/config.ts';
import type { ProxySettings } from '../config/settings.ts';
import type { CountDeadLetters, SignalAlertRoute } from '../contracts/alert.ts';
import type { ReadTarget } from '../contracts/callback.ts';
import type { ReadRetentionMs } from '../contracts/dead-letter.ts';
import type { ReportBreaker } from '../contracts/endpoint.ts';
import type { LoadBody, ReadAttempts } from '../contracts/event.ts';
import type { ListJobItems, RunJobItem } from '../contracts/job.ts';
import type { ReportProgress } from '../contracts/task.ts';
import type { LinkTo } from './alerts/alert.ts';
import { createRaiseAlerts } from './alerts/raise-alerts.ts';
import { createSendAlert } from './alerts/send-alert.ts';
import { createKeepAttempts } from './attempts/keep-attempts.ts';
import type { AttemptObserver } from './attempts/observe-attempt.ts';
import { createBreakers } from './delivery/breakers.ts';
import { createDeliver } from './delivery/deliver.ts';
import { type CallHandler, createHandleEvent } from './handle-event.ts';
import { Outlets } from './http/outlets.ts';
import { createReadRetention } from './read-retention.ts';
import { createJobActivities } from './run-job-part.ts';
import { type CallTask, createRunTask } from './run-task.ts';

export interface ActivityDeps {
  config: Config;
  proxy: ProxySettings | undefined;
  allowLoopbackUrls: boolean;
  loadBody: LoadBody;
  log: Logger;
  observer: AttemptObserver;
  signalAlertRoute: SignalAlertRoute;
  countDeadLetters: CountDeadLetters;
  readAttempts: ReadAttempts;
  readRetentionMs: ReadRetentionMs;
  linkTo: LinkTo;
  reportBreaker: ReportBreaker;
  listJobItems: ListJobItems;
  runJobItem: RunJobItem;
  callHandler: CallHandler;
  callTask: CallTask;
  reportProgress: ReportProgress;
  readTarget: ReadTarget;
}

export function createActivities(deps: ActivityDeps) {
  const outlets = new Outlets(deps);
  const { metrics } = deps.observer;
  const breakers = createBreakers({ ...deps, metrics });
  return {
    handleEvent: createHandleEvent(deps),
    runTask: createRunTask(deps),
    deliver: createDeliver({ ...deps, outlets, breakers }),
    keepAttempts: createKeepAttempts(deps),
    readRetention: createReadRetention(deps),
    raiseAlerts: createRaiseAlerts(deps),
    sendAlert: createSendAlert({ ...deps, metrics, outlets }),
    ...createJobActivities(deps),
  };
}

export type Activities = ReturnType<typeof createActivities>;
