// The entry of a process that runs the user's code: it evaluates the config, then calls handlers and schemas as it is told.
import type { Logger } from 'pino';
import { keyForType } from '../config/config.ts';
import type { ParsedConfig } from '../config/define-config.ts';
import { describeConfig } from '../config/describe-config.ts';
import { createLog } from '../observability/log.ts';
import { NO_TRACING, type Tracing } from '../observability/tracing.ts';
import { callHandler } from './call-handler.ts';
import { callTask, type TaskRun } from './call-task.ts';
import { checkPayload, checkTaskInput } from './check-payload.ts';
import { describeThrown } from './describe-thrown.ts';
import { evaluateConfig, listLoadedFiles } from './evaluate-config.ts';
import { startGuard } from './guard.ts';
import type {
  FromChild,
  HandlerCall,
  SchemaCall,
  Setup,
  TaskCall,
  TaskInputCall,
  ToChild,
  Work,
} from './messages.ts';
import { catchStrayErrors, runCall, UserCall } from './user-call.ts';

const calls = new Map<number, UserCall>();

process.once('message', (message: ToChild) => {
  if (message.type === 'setup') void setUp(message.setup);
});
let tracing = NO_TRACING;
// The parent has stopped, or was killed. Where the user's code blocks this thread, the guard ends the process.
process.on('disconnect', () => void tracing.stop().finally(() => process.exit()));

/** Nothing can be sent to a parent that is gone; `disconnect` ends this process then. */
function send(message: FromChild): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}

async function setUp({ path, logLevel, tracesUrl, downloads, memoryMaxBytes }: Setup): Promise<void> {
  if (memoryMaxBytes !== undefined) startGuard(memoryMaxBytes);
  const log = createLog(logLevel);
  catchStrayErrors((error, source) => {
    const { name, message, stack } = describeThrown(error);
    log.error({ source, error: name, stack }, `an error that no code has caught: ${message}`);
  });
  const files = listLoadedFiles();
  if (tracesUrl !== undefined) tracing = await startTracing(tracesUrl);
  try {
    const config = await evaluateConfig(path);
    const parts = { config, log, download: laterDownload(downloads) };
    process.on('message', (message: ToChild) => receive(message, parts));
    send({ type: 'ready', description: describeConfig(config), files: [...files] });
  } catch (error) {
    send({ type: 'refused', message: describeThrown(error).message, files: [...files] });
  }
}

/** OpenTelemetry takes time to load: nobody waits for it who has not asked for it. */
async function startTracing(url: string): Promise<Tracing> {
  const { createOtelTracing } = await import('../observability/otel-tracing.ts');
  const { VERSION } = await import('../config/version.ts');
  return createOtelTracing(url, VERSION, createLog('silent')); // the main process logs what is wrong with the collector
}

/** The HTTP client takes time to load: nobody waits for it whose tasks download nothing. */
function laterDownload({ proxy, allowLoopback }: Setup['downloads']): TaskRun['download'] {
  let loading: Promise<TaskRun['download']> | undefined;
  const load = async () => {
    const { createDownload } = await import('../activities/http/download.ts');
    const { Outlets } = await import('../activities/http/outlets.ts');
    return createDownload({ outlets: new Outlets({ proxy }), allowLoopback });
  };
  return async (request) => {
    loading ??= load();
    return await (await loading)(request);
  };
}

interface Parts {
  config: ParsedConfig;
  log: Logger;
  download: TaskRun['download'];
}

function receive(message: ToChild, parts: Parts): void {
  if (message.type === 'abort') calls.get(message.id)?.controller.abort(new Error('aborted'));
  // A process that was blocked reads the message late: the work has gone to another process by then.
  else if (message.type === 'work' && Date.now() <= message.begin_by)
    void begin(message.id, message.work, parts);
}

async function begin(id: number, work: Work, parts: Parts): Promise<void> {
  send({ type: 'begun', id }); // before the code runs, which may block this thread
  const call = new UserCall(id, sourceOf(work));
  calls.set(id, call);
  try {
    await perform(call, work, parts);
  } finally {
    call.end();
    calls.delete(id);
  }
}

/** For the log line of an error that belongs to no call. */
function sourceOf(work: Work): string {
  switch (work.is) {
    case 'schema':
      return work.call.source;
    case 'task_input':
      return work.call.type;
    default:
      return work.call.event.source;
  }
}

async function perform(call: UserCall, work: Work, parts: Parts): Promise<void> {
  switch (work.is) {
    case 'handler':
      return await handle(call, work.call, parts);
    case 'schema':
      return await check(call, work.call, parts);
    case 'task':
      return await runTask(call, work.call, parts);
    case 'task_input':
      return await checkInput(call, work.call, parts);
  }
}

async function handle(call: UserCall, given: HandlerCall, { config, log }: Parts): Promise<void> {
  const { source, event_id, event_type } = given.event;
  const handlers = config.sources[source]?.handlers ?? {};
  const key = keyForType({ has: (name) => Object.hasOwn(handlers, name) }, event_type);
  const handler = key === undefined ? undefined : handlers[key];
  if (handler === undefined) {
    const message = `this process's config has no handler for '${event_type}' under sources.${source}.handlers`;
    return send({ type: 'handled', id: call.id, outcome: { ok: false, error: 'handler_missing', message } });
  }
  const fields = { source, event_id, event_type, workflow_id: given.idempotencyKey, attempt: given.attempt };
  const onHeartbeat = (details: unknown) => send({ type: 'heartbeat', id: call.id, details });
  const scheme = config.sources[source]?.verify.scheme;
  const run = { handler, given, scheme, call, log: log.child(fields), onHeartbeat };
  const outcome = await tracing.join(given.event, () => runCall(call, () => callHandler(run)));
  send({ type: 'handled', id: call.id, outcome });
}

async function check(call: UserCall, given: SchemaCall, { config }: Parts): Promise<void> {
  const { schema, verify } = config.sources[given.source] ?? {};
  const check = () => checkPayload(schema as NonNullable<typeof schema>, given, verify?.scheme);
  const outcome = schema ? await runCall(call, check) : ({ ok: true } as const);
  send({ type: 'checked', id: call.id, outcome });
}

async function runTask(call: UserCall, given: TaskCall, { config, log, download }: Parts): Promise<void> {
  const { event_id: task_id, event_type: task_type } = given.event;
  const type = config.tasks[task_type];
  if (type === undefined) {
    const message = `this process's config has no task type '${task_type}'`;
    return send({
      type: 'handled',
      id: call.id,
      outcome: { ok: false, error: 'task_type_missing', message },
    });
  }
  const onHeartbeat = (details: unknown) => send({ type: 'heartbeat', id: call.id, details });
  const fields = { task_id, task_type, attempt: given.attempt };
  const run = { type, given, call, log: log.child(fields), onHeartbeat, download };
  const outcome = await tracing.join(given.event, () => runCall(call, () => callTask(run)));
  send({ type: 'handled', id: call.id, outcome });
}

async function checkInput(call: UserCall, given: TaskInputCall, { config }: Parts): Promise<void> {
  const type = config.tasks[given.type];
  const outcome = type
    ? await runCall(call, () => checkTaskInput(type, given))
    : { ok: false as const, issues: [{ path: '', message: 'there is no such task type any more' }] };
  send({ type: 'checked', id: call.id, outcome });
}
