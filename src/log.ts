// The logger of a process: JSON lines, or pretty ones on a terminal; and the SDK's own lines through it.
import { DefaultLogger, type LogMetadata, makeTelemetryFilterString, Runtime } from '@temporalio/worker';
import { type Logger, pino } from 'pino';
import pretty from 'pino-pretty';
import { parseWorkflowId } from './ids.ts';

export function createLog(level: string, isTerminal = process.stdout.isTTY === true): Logger {
  const options = {
    level,
    base: undefined,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: levelName },
  };
  const destination = pino.destination({ dest: 1, sync: true });
  destination.on('error', () => undefined); // a terminal that was closed must not keep us from stopping in order
  if (!isTerminal) return pino(options, destination);
  return pino(
    options,
    pretty({ destination, sync: true, translateTime: 'SYS:HH:MM:ss.l', singleLine: true }),
  );
}

const levelName = (label: string) => ({ level: label });

/** Every poller of the SDK tells of each of its retries: with Temporal down, ten lines a second that say the same. */
const RETRY_TARGET = 'temporalio_client::retry';
const RETRY_LOG_INTERVAL_MS = 10_000;

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

/** Must come before any connection or worker is made. Signals are ours: a stop has an order. */
export function installRuntime(log: Logger): void {
  const temporal = log.child({ component: 'temporal' });
  const isTime = atMostEvery(RETRY_LOG_INTERVAL_MS);
  Runtime.install({
    shutdownSignals: [],
    logger: new DefaultLogger('WARN', ({ level, message, meta }) => {
      if (meta?.target === RETRY_TARGET && !isTime()) return;
      if (message === 'Workflow failed')
        log.error(toEventFields(meta), 'event failed: it is a dead letter now');
      else temporal[level === 'WARN' ? 'warn' : 'error'](toSdkFields(meta), message);
    }),
    telemetryOptions: {
      logging: { forward: {}, filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }) },
    },
  });
}
