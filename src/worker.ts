// Builds the worker: the prebuilt workflow bundle, the activities, and how many of each run at once.
import { fileURLToPath } from 'node:url';
import { Worker } from '@temporalio/worker';
import type { Logger } from 'pino';
import { createActivities } from './activities/index.ts';
import type { TryObserver } from './activities/observe-try.ts';
import type { Config } from './config/config.ts';
import type { Temporal } from './temporal/connection.ts';
import { createLoadBody } from './temporal/load-body.ts';

/** Written by `npm run build`. */
const WORKFLOW_BUNDLE = fileURLToPath(new URL('./workflow-bundle.js', import.meta.url));

export interface WorkerDeps {
  temporal: Temporal;
  taskQueue: string;
  config: Config;
  log: Logger;
  observer: TryObserver;
}

export async function createWorker({
  temporal,
  taskQueue,
  config,
  log,
  observer,
}: WorkerDeps): Promise<Worker> {
  return await Worker.create({
    connection: temporal.connection,
    namespace: temporal.namespace,
    taskQueue,
    workflowBundle: { codePath: WORKFLOW_BUNDLE },
    activities: createActivities({ config, loadBody: createLoadBody(temporal), log, observer }),
    dataConverter: temporal.dataConverter,
    // Long enough for a try of the default 5 s to end; short enough for a stop within 10 s.
    shutdownGraceTime: '6s',
    shutdownForceTime: '9s',
    // A cancelled handler hears of it this soon.
    maxHeartbeatThrottleInterval: '5s',
  });
}
