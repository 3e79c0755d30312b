// The SDK's runtime of a process: its lines in our log, the ends of events, and its metrics.
import {
  DefaultLogger,
  type LogMetadata,
  makeTelemetryFilterString,
  Runtime,
  type RuntimeOptions,
} from '@temporalio/worker';
import type { Logger } from 'pino';
import { DISCARD_EVENT } from '../contracts/dead-letter.ts';
import { PROCESS_EVENT } from '../contracts/event.ts';
import { parseWorkflowId } from '../contracts/ids.ts';
import type { ClosedStatus } from '../observability/metrics.ts';
import { claimPort, LOOPBACK } from './dev/ports-and-processes.ts';

/** Every poller of the SDK tells of each of its retries: with Temporal down, ten lines a second that say the same. */
const RETRY_TARGET = 'temporalio_client::retry';
const RETRY_LOG_INTERVAL_MS = 10_000;

export interface RuntimeHooks {
  log: Logger;
  /** This worker has ended a run of an event; again if Temporal did not hear of it. */
  onEventClosed(source: string, status: ClosedStatus): void;
}

export interface InstalledRuntime {
  /** The SDK's own metrics as Prometheus text; empty if they cannot be had. */
  readMetrics(): Promise<string>;
}

/** Must come before any connection or worker is made. Signals are ours: a stop has an order. */
export async function installRuntime(hooks: RuntimeHooks): Promise<InstalledRuntime> {
  const options: RuntimeOptions = { shutdownSignals: [], logger: createSdkLogger(hooks) };
  const logging = {
    forward: {},
    filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }),
  };
  // Another process may take the port between our look and the SDK's: the next one will be free.
  for (let attempts = 0; attempts < 3; attempts += 1) {
    const port = await claimPort('port', 0, 'none');
    const bindAddress = `${LOOPBACK}:${port}`;
    try {
      Runtime.install({ ...options, telemetryOptions: { logging, metrics: toMetrics(bindAddress) } });
      return { readMetrics: () => readMetrics(bindAddress) };
    } catch (error) {
      hooks.log.debug({ err: error }, 'no port for the metrics of the SDK');
    }
  }
  hooks.log.warn("no port for the metrics of Temporal's SDK: /metrics goes without them");
  Runtime.install({ ...options, telemetryOptions: { logging } });
  return { readMetrics: async () => '' };
}

/** Units and suffixes as Prometheus asks for them. */
function toMetrics(bindAddress: string) {
  const naming = { countersTotalSuffix: true, unitSuffix: true, useSecondsForDurations: true };
  return { attachServiceName: false, prometheus: { bindAddress, ...naming } };
}

async function readMetrics(address: string): Promise<string> {
  try {
    const response = await fetch(`http://${address}/metrics`, { signal: AbortSignal.timeout(1_000) });
    return response.ok ? await response.text() : '';
  } catch {
    return '';
  }
}

/** The lines with which the SDK tells of the end of a workflow, whatever its type. */
const CLOSED: Record<string, ClosedStatus> = {
  'Workflow completed': 'processed',
  'Workflow failed': 'failed',
  'Workflow completed as cancelled': 'canceled',
};

/** Undefined for a workflow that is no event's. */
function toClosedStatus(status: ClosedStatus, workflowType: unknown): ClosedStatus | undefined {
  if (workflowType === PROCESS_EVENT) return status;
  return workflowType === DISCARD_EVENT && status === 'processed' ? 'discarded' : undefined;
}

/** It gives us every line: how an event ended is told at DEBUG. We log from WARN up. */
function createSdkLogger({ log, onEventClosed }: RuntimeHooks): DefaultLogger {
  const temporal = log.child({ component: 'temporal' });
  const isTime = atMostEvery(RETRY_LOG_INTERVAL_MS);
  return new DefaultLogger('DEBUG', ({ level, message, meta }) => {
    const status = meta?.sdkComponent === 'worker' ? CLOSED[message] : undefined;
    const ended = status && toClosedStatus(status, meta?.workflowType);
    if (ended) onEventClosed(parseWorkflowId(String(meta?.workflowId))?.source ?? '', ended);
    if (level !== 'WARN' && level !== 'ERROR') return;
    if (meta?.target === RETRY_TARGET && !isTime()) return;
    if (ended === 'failed') log.error(toEventFields(meta), 'event failed: it is a dead letter now');
    else temporal[level === 'WARN' ? 'warn' : 'error'](toSdkFields(meta), message);
  });
}

function atMostEvery(ms: number): () => boolean {
  let last = Number.NEGATIVE_INFINITY;
  return () => {
    if (performance.now() - last < ms) return false;
    last = performance.now();
    return true;
  };
}

/** The SDK tells of each workflow that ends in failure; its line, in our terms. */
function toEventFields(meta: LogMetadata = {}) {
  const workflow_id = String(meta.workflowId);
  const id = parseWorkflowId(workflow_id);
  return {
    source: id?.source,
    event_id: id?.eventId,
    workflow_id,
    run_id: meta.runId,
    error: toMessage(meta.error),
  };
}

function toSdkFields(meta: LogMetadata = {}) {
  return { ...meta, error: meta.error ? toMessage(meta.error) : undefined };
}

const toMessage = (error: unknown) => (error instanceof Error ? error.message : String(error));
