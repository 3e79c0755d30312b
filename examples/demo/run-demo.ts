// Runs the demo from start to end: sends real payloads to a running Surehook, and reports what became of them.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type DemoSecrets, keyOf } from './demo-event.ts';
import { type DemoPlan, planEvents } from './plan-events.ts';
import { readEvents, untilClosed } from './read-outcomes.ts';
import { DemoReceiver } from './receiver.ts';
import { buildReport, type DemoReport } from './report.ts';
import { type Sending, sendEvents } from './send-events.ts';
import { startTemporal } from './start-temporal.ts';
import { SurehookProcess } from './surehook-process.ts';

const CONFIG = fileURLToPath(new URL('../demo.config.ts', import.meta.url));
const CONCURRENCY = 20;
const PROGRESS_INTERVAL_MS = 2_000;
/** A Temporal that the demo has not started may have a clock that differs from this machine's. */
const CLOCK_SKEW_MS = 60_000;

export interface DemoOptions {
  /** Variables on top of `process.env`. If TEMPORAL_ADDRESS is in either, no dev server is started. */
  env?: Record<string, string>;
  onProgress?: (line: string) => void;
  signal?: AbortSignal;
  /** Sends each payload once: the catalogs of GitHub's versions have many payloads in common. */
  distinct?: boolean;
  /** Called while everything still runs, so that the links of the outcome work. */
  onDone?: (outcome: DemoOutcome) => Promise<void>;
}

export interface DemoOutcome {
  report: DemoReport;
  deadLetter: {
    error: string | null;
    webUiUrl: string | null;
    /** As `surehook events show` prints it. */
    shown: string;
  };
}

/** @throws Error if Surehook or Temporal does not start, or dies. The report has the events that went wrong. */
export async function runDemo(options: DemoOptions = {}): Promise<DemoOutcome> {
  const { env, onProgress, signal, distinct = false, onDone } = options;
  const given = { ...process.env, ...env };
  const say = onProgress ?? (() => undefined);
  const ended = new AbortController();
  const stop = AbortSignal.any([ended.signal, ...(signal ? [signal] : [])]);
  const secrets = { github: randomSecret(), stripe: randomSecret(), endpoint: randomSecret() };
  const plan = planEvents(secrets, distinct);
  const stops: (() => Promise<void>)[] = [];
  try {
    const receiver = await DemoReceiver.start({ ...plan, secret: secrets.endpoint });
    stops.push(() => receiver.stop());
    const temporal = await startTemporal(given, say, stop);
    stops.push(temporal.stop);
    stop.throwIfAborted();
    const surehook = await SurehookProcess.start({
      ...given,
      ...temporal.env,
      ...surehookEnv(secrets, receiver),
    });
    stops.push(() => surehook.stop());
    say(`surehook serve at ${surehook.publicUrl}, configured by examples/demo.config.ts`);
    const work = sendAndJudge({ plan, receiver, surehook, say, signal: stop });
    const outcome = await Promise.race([work, surehook.died, aborted(stop)]);
    await onDone?.(outcome);
    return outcome;
  } finally {
    ended.abort(); // if Surehook has died, nothing else stops the senders
    for (const end of stops.reverse()) await end();
  }
}

const randomSecret = () => `whsec_${randomBytes(32).toString('base64')}`;

/** Free ports and a task queue of its own let the demo run beside any Surehook, even on the same Temporal. */
function surehookEnv(secrets: DemoSecrets, receiver: DemoReceiver): Record<string, string> {
  return {
    SUREHOOK_CONFIG: CONFIG,
    SUREHOOK_TASK_QUEUE: `surehook-demo-${randomBytes(4).toString('hex')}`,
    SUREHOOK_OPERATOR_TOKEN: randomBytes(32).toString('hex'),
    SUREHOOK_ENCRYPTION_KEYS: `demo:${randomBytes(32).toString('base64')}`,
    SUREHOOK_OPERATOR_URL: '',
    HOST: '127.0.0.1',
    PORT: '0',
    OPERATOR_HOST: '127.0.0.1',
    OPERATOR_PORT: '0',
    LOG_LEVEL: 'info', // the log line 'surehook is up' names the ports
    DEMO_GITHUB_SECRET: secrets.github,
    DEMO_STRIPE_SECRET: secrets.stripe,
    DEMO_ENDPOINT_SECRET: secrets.endpoint,
    DEMO_RECEIVER_URL: receiver.url,
  };
}

interface Work {
  plan: DemoPlan;
  receiver: DemoReceiver;
  surehook: SurehookProcess;
  say: (line: string) => void;
  signal: AbortSignal;
}

async function sendAndJudge({ plan, receiver, surehook, say, signal }: Work): Promise<DemoOutcome> {
  const { events, queue, burstSize, deadLetter } = plan;
  const planned = queue.length + burstSize;
  const since = new Date(Date.now() - CLOCK_SKEW_MS);
  const sending: Sending = { requests: 0, answers: new Map(), latencies: [] };
  say(`sending ${events.length} events in ${planned} requests, ${CONCURRENCY} at a time`);
  const ticker = setInterval(() => {
    const { length: answered } = sending.latencies;
    say(`  ${answered} of ${planned} answered, ${receiver.taken} of ${events.length} delivered`);
  }, PROGRESS_INTERVAL_MS);
  try {
    const started = performance.now();
    await sendEvents({ ...plan, url: surehook.publicUrl, concurrency: CONCURRENCY, signal }, sending);
    say('all sent; waiting until every event is closed');
    const statuses = await untilClosed({ surehook, receiver, events, since, signal });
    const elapsedMs = performance.now() - started;
    const retried = events.filter((event) => plan.failFirst.has(keyOf(event)));
    const views = await readEvents(surehook, [deadLetter, ...retried]);
    const report = buildReport({ ...plan, planned, sending, receiver, statuses, views, elapsedMs });
    const { error = null, web_ui_url = null } = views.get(keyOf(deadLetter)) ?? {};
    const shown = await surehook.run('events', 'show', deadLetter.source, deadLetter.id);
    return { report, deadLetter: { error, webUiUrl: web_ui_url, shown } };
  } finally {
    clearInterval(ticker);
  }
}

async function aborted(signal: AbortSignal): Promise<never> {
  if (!signal.aborted) await once(signal, 'abort');
  throw signal.reason;
}
