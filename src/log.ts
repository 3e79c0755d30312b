// The logger of a process: JSON lines, or pretty ones on a terminal; and the SDK's own lines through it.
import { DefaultLogger, makeTelemetryFilterString, Runtime } from '@temporalio/worker';
import { type Logger, pino } from 'pino';
import pretty from 'pino-pretty';

export function createLog(level: string, isTerminal = process.stdout.isTTY === true): Logger {
  const options = {
    level,
    base: undefined,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: levelName },
  };
  if (!isTerminal) return pino(options, pino.destination({ dest: 1, sync: true }));
  return pino(options, pretty({ sync: true, translateTime: 'SYS:HH:MM:ss.l', singleLine: true }));
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

/** Must come before any connection or worker is made. Signals are ours: a stop has an order. */
export function installRuntime(log: Logger): void {
  const temporal = log.child({ component: 'temporal' });
  const isTime = atMostEvery(RETRY_LOG_INTERVAL_MS);
  Runtime.install({
    shutdownSignals: [],
    logger: new DefaultLogger('WARN', ({ level, message, meta }) => {
      if (meta?.target === RETRY_TARGET && !isTime()) return;
      const fields = { ...meta, error: meta?.error ? String(meta.error) : undefined };
      temporal[level === 'WARN' ? 'warn' : 'error'](fields, message);
    }),
    telemetryOptions: {
      logging: { forward: {}, filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }) },
    },
  });
}
