// Installs the SDK's runtime: its lines go into our log, the ends of events are reported, and its metrics can be read.
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
import { RUN_AGENT_TASK } from '../contracts/task.ts';
import type { ClosedStatus } from '../observability/metrics.ts';
import { claimPort, LOOPBACK } from './dev/ports-and-processes.ts';

/** Every poller of the SDK logs each of its retries: with Temporal down, that makes ten equal lines a second. */
const RETRY_TARGET = 'temporalio_client::retry';
const RETRY_LOG_INTERVAL_MS = 10_000;

export interface RuntimeHooks {
  log: Logger;
  /** This worker has ended a run of an event. Called again for the same run if Temporal did not get the result. */
  onEventClosed(source: string, status: ClosedStatus): void;
}

export interface InstalledRuntime {
  /** The SDK's own metrics as Prometheus text; empty if they cannot be read. */
  readMetrics(): Promise<string>;
}

/** Must be called before any connection or worker is made. The SDK handles no signals, since our stop has an order. */
export async function installRuntime(hooks: RuntimeHooks): Promise<InstalledRuntime> {
  const options: RuntimeOptions = { shutdownSignals: [], logger: createSdkLogger(hooks) };
  const logging = {
    forward: {},
    filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }),
  };
  // Another process may take the free port before the SDK does: then the next port will do.
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
  hooks.log.warn("no port for the metrics of Temporal's SDK: /metrics lacks them");
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

/** The lines that the SDK logs at the end of a workflow, whatever the workflow's type. */
const CLOSED: Record<string, ClosedStatus> = {
  'Workflow completed': 'processed',
  'Workflow failed': 'failed',
  'Workflow completed as cancelled': 'canceled',
};

/** @returns undefined for a workflow that is not the run of an event */
function toClosedStatus(status: ClosedStatus, workflowType: unknown): ClosedStatus | undefined {
  if (workflowType === PROCESS_EVENT || workflowType === RUN_AGENT_TASK) return status;
  return workflowType === DISCARD_EVENT && status === 'processed' ? 'discarded' : undefined;
}

/** Gets the SDK's lines from DEBUG up, since the SDK logs the end of an event at DEBUG. It logs those from WARN up. */
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

/** The fields of the SDK's line about a failed workflow, under our names. */
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
