// Builds the worker: the prebuilt workflow bundle, the activities, and how many of each run at once.
import { fileURLToPath } from 'node:url';
import { Worker } from '@temporalio/worker';
import type { Logger } from 'pino';
import { createSignalAlertRoute } from '../activities/alerts/signal-alert-route.ts';
import type { AttemptObserver } from '../activities/attempts/observe-attempt.ts';
import { createReportBreaker } from '../activities/delivery/report-breaker.ts';
import type { CallHandler } from '../activities/handle-event.ts';
import { createActivities } from '../activities/index.ts';
import { refuseArguments } from '../activities/refuse-arguments.ts';
import type { CallTask } from '../activities/run-task.ts';
import type { Config } from '../config/config.ts';
import type { ProxySettings } from '../config/settings.ts';
import { workflowIdOfEvent } from '../contracts/event-key.ts';
import { createCountBySource } from '../dead-letters/count.ts';
import { createListJobItems, createRunJobItem } from '../dead-letters/take-job-items.ts';
import { createLoadBody } from '../events/load-body.ts';
import { createReadAttempts } from '../events/read-attempts.ts';
import { createReadTarget } from '../events/read-target.ts';
import { createReportProgress } from '../tasks/report-progress.ts';
import type { Temporal } from '../temporal/connection.ts';
import { useLeanWorkflowThreads } from '../temporal/lean-workflow-threads.ts';
import { createReadRetentionMs } from '../temporal/retention.ts';
import { type WebUi, webUiUrl } from '../temporal/web-ui.ts';

/** Written by `npm run build`. */
const WORKFLOW_BUNDLE = fileURLToPath(new URL('../workflow-bundle.js', import.meta.url));

export interface WorkerDeps {
  temporal: Temporal;
  taskQueue: string;
  config: Config;
  proxy: ProxySettings | undefined;
  allowLoopbackUrls: boolean;
  log: Logger;
  observer: AttemptObserver;
  callHandler: CallHandler;
  callTask: CallTask;
  webUi: WebUi | undefined;
}

useLeanWorkflowThreads();

export async function createWorker({
  temporal,
  taskQueue,
  config,
  proxy,
  allowLoopbackUrls,
  log,
  observer,
  callHandler,
  callTask,
  webUi,
}: WorkerDeps): Promise<Worker> {
  return await Worker.create({
    connection: temporal.connection,
    namespace: temporal.namespace,
    taskQueue,
    workflowBundle: { codePath: WORKFLOW_BUNDLE },
    activities: createActivities({
      config,
      proxy,
      allowLoopbackUrls,
      loadBody: createLoadBody(temporal),
      log,
      observer,
      callHandler,
      callTask,
      reportProgress: createReportProgress(temporal),
      readTarget: createReadTarget(temporal),
      signalAlertRoute: createSignalAlertRoute(temporal, taskQueue),
      reportBreaker: createReportBreaker(temporal, taskQueue),
      countDeadLetters: createCountBySource(temporal),
      readAttempts: createReadAttempts(temporal),
      readRetentionMs: createReadRetentionMs(temporal),
      linkTo: (source, eventId, runId) =>
        webUi ? webUiUrl(webUi, workflowIdOfEvent(source, eventId), runId) : undefined,
      listJobItems: createListJobItems(temporal),
      runJobItem: createRunJobItem({ temporal, config, taskQueue, eager: true }),
    }),
    dataConverter: temporal.dataConverter,
    interceptors: { activity: [refuseArguments] },
    // A step's first attempt holds its workflow's task, and an endpoint may take 5 s to answer.
    maxConcurrentWorkflowTaskExecutions: 100,
    maxConcurrentLocalActivityExecutions: 100,
    // Open events that wait in backoff need no memory here: they are read again from their history.
    maxCachedWorkflows: 500,
    // Long enough for a handler of the default 5 s to end; short enough for a stop within 10 s (decision 30).
    shutdownGraceTime: '6s',
    shutdownForceTime: '9s',
    // A cancelled handler hears of it this soon.
    maxHeartbeatThrottleInterval: '5s',
  });
}
