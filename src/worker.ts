// Builds the worker: the prebuilt workflow bundle, the activities, and how many of each run at once.
import { fileURLToPath } from 'node:url';
import { Worker } from '@temporalio/worker';
import type { Logger } from 'pino';
import { createActivities } from './activities/index.ts';
import type { Config } from './config/config.ts';
import type { Temporal } from './temporal/connection.ts';
import { useLeanWorkflowThreads } from './temporal/lean-workflow-threads.ts';
import { createLoadBody } from './temporal/load-body.ts';

/** Written by `npm run build`. */
const WORKFLOW_BUNDLE = fileURLToPath(new URL('./workflow-bundle.js', import.meta.url));

export interface WorkerDeps {
  temporal: Temporal;
  taskQueue: string;
  config: Config;
  log: Logger;
}

useLeanWorkflowThreads();

export async function createWorker({ temporal, taskQueue, config, log }: WorkerDeps): Promise<Worker> {
  return await Worker.create({
    connection: temporal.connection,
    namespace: temporal.namespace,
    taskQueue,
    workflowBundle: { codePath: WORKFLOW_BUNDLE },
    activities: createActivities({ config, loadBody: createLoadBody(temporal), log }),
    dataConverter: temporal.dataConverter,
    // A step's first try holds its workflow's task, and an endpoint may take 5 s to answer.
    maxConcurrentWorkflowTaskExecutions: 200,
    maxConcurrentLocalActivityExecutions: 200,
    maxCachedWorkflows: 500,
    // Long enough for a try of the default 5 s to end; short enough for a stop within 10 s.
    shutdownGraceTime: '6s',
    shutdownForceTime: '9s',
    // A cancelled handler hears of it this soon.
    maxHeartbeatThrottleInterval: '5s',
  });
}
