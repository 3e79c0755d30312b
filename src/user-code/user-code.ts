// The processes that run the user's code: as many as are wanted, each replaced when it ends, all of them at a reload.
import type { Logger } from 'pino';
import type {
  CallOptions,
  HandlerCall,
  HandlerResult,
  SchemaCall,
  SchemaResult,
  TaskCall,
  TaskInputCall,
  TaskInputResult,
  Work,
} from './messages.ts';
import { type ChildOptions, type ProcessAnswer, type Ready, UserCodeProcess } from './user-code-process.ts';

/** A process that ends at once again and again is started less and less often. */
const RESTART_FIRST_MS = 100;
const RESTART_MAX_MS = 30_000;
/** A process that has lived for so long, or has begun a call, has not ended because of its start. */
const LIVED_MS = 10_000;
/** For so long a call waits for the process that runs one call at a time; then it shares a process. */
const APART_WITHIN_MS = 2_000;

export interface UserCodeOptions extends ChildOptions {
  log: Logger;
  /** How many processes run handlers; 0: none. */
  handlerProcesses: number;
  /** One more process checks payloads by their schemas: it does not wait behind a handler that blocks. */
  checksPayloads: boolean;
}

/** The signal was aborted before any process was free. */
export class NotBegunError extends Error {}

export class UserCode {
  readonly #options: UserCodeOptions;
  #isStopped = false;
  #pools: Pools;

  private constructor(options: UserCodeOptions, pools: Pools) {
    this.#options = options;
    this.#pools = pools;
  }

  /** @throws ConfigError if the config file is refused */
  static async start(options: UserCodeOptions): Promise<{ userCode: UserCode; config: Ready }> {
    const { pools, config } = await startPools(options);
    return { userCode: new UserCode(options, pools), config };
  }

  /**
   * Runs a handler in the process with the fewest calls. A call that is to be apart runs alone: when a process ends, its
   * main process cannot know which of its calls ended it, and a neighbour must not lose one attempt after the other.
   *
   * @throws NotBegunError if the signal was aborted before any process was free
   */
  async handle(
    call: HandlerCall,
    { signal, onHeartbeat, apart }: CallOptions,
  ): Promise<HandlerResult | { interrupted: string }> {
    return await this.#run({ is: 'handler', call }, { signal, onHeartbeat, apart });
  }

  /** As `handle`, for the work of a task. */
  async runTask(call: TaskCall, options: CallOptions): Promise<HandlerResult | { interrupted: string }> {
    return await this.#run({ is: 'task', call }, options);
  }

  async #run(work: Work, { signal, onHeartbeat, apart }: CallOptions) {
    const { handlers, single } = this.#pools;
    const answer =
      (apart && (await single?.runSoon(work, signal, onHeartbeat))) ||
      (await handlers.run(work, signal, onHeartbeat));
    if (answer.is === 'handled') return answer.outcome;
    return {
      interrupted: answer.is === 'interrupted' ? answer.message : 'the process of the handler gave no answer',
    };
  }

  /** @throws Error if no answer came: the signal was aborted, or the process has ended */
  async check(call: SchemaCall, signal: AbortSignal): Promise<SchemaResult> {
    return await this.#check({ is: 'schema', call }, signal);
  }

  /** As `check`, for what a client gives a task. */
  async checkTaskInput(call: TaskInputCall, signal: AbortSignal): Promise<TaskInputResult> {
    return await this.#check({ is: 'task_input', call }, signal);
  }

  async #check(work: Work, signal: AbortSignal): Promise<TaskInputResult> {
    const answer = await this.#pools.checker.run(work, signal, () => undefined);
    if (answer.is === 'checked') return answer.outcome;
    throw new Error(answer.is === 'interrupted' ? answer.message : 'the schema gave no answer');
  }

  /**
   * Starts new processes, which evaluate the config anew. They take over once `accept` returns; calls under way end in
   * the old ones.
   *
   * @param accept throws to refuse the new config: the old processes go on then
   * @throws what `accept` throws, or ConfigError if the config file is refused
   */
  async reload(accept: (config: Ready) => void): Promise<void> {
    const { pools, config } = await startPools(this.#options);
    try {
      if (this.#isStopped) throw new Error('the process is stopping');
      accept(config);
    } catch (error) {
      await Promise.all(allOf(pools).map((pool) => pool.end()));
      throw error;
    }
    const old = allOf(this.#pools);
    this.#pools = pools;
    for (const pool of old) void pool.endWhenIdle();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(allOf(this.#pools).map((pool) => pool.end()));
  }
}

interface Pools {
  handlers: Pool;
  /** One process that runs one call at a time, and is started by its first call. undefined: a debugger is attached. */
  single: Pool | undefined;
  checker: Pool;
}

function allOf({ handlers, single, checker }: Pools): Pool[] {
  return [handlers, ...(single ? [single] : []), checker];
}

async function startPools(options: UserCodeOptions) {
  const { handlerProcesses, checksPayloads } = options;
  const first = new UserCodeProcess(options);
  const config = await first.ready;
  const sources = Object.values(config.description.sources);
  const hasTasks = Object.keys(config.description.tasks).length > 0;
  const wantsHandlers = hasTasks || sources.some(({ handlers }) => handlers.length > 0);
  const wantsChecker = checksPayloads && (hasTasks || sources.some(({ schema }) => schema));
  const handlers = new Pool(options, wantsHandlers ? handlerProcesses : 0);
  const single =
    options.inspectPort === undefined && handlerProcesses > 0 && wantsHandlers
      ? new Pool(options, 1, 1)
      : undefined;
  const checker = new Pool(options, wantsChecker ? 1 : 0);
  if (!handlers.adopt(first) && !checker.adopt(first)) await first.end();
  handlers.fill();
  checker.fill();
  return { pools: { handlers, single, checker }, config };
}

/** Processes of one kind. */
class Pool {
  readonly #options: UserCodeOptions;
  readonly #size: number;
  readonly #callsMax: number;
  readonly #processes = new Set<UserCodeProcess>();
  /** Ready for calls. */
  readonly #ready = new Set<UserCodeProcess>();
  readonly #waiting = new Set<() => void>();
  #restartMs = RESTART_FIRST_MS;
  #isEnding = false;

  /** @param callsMax how many calls a process runs at a time */
  constructor(options: UserCodeOptions, size: number, callsMax = Number.POSITIVE_INFINITY) {
    this.#options = options;
    this.#size = size;
    this.#callsMax = callsMax;
  }

  /** @returns false if the pool wants no process */
  adopt(child: UserCodeProcess): boolean {
    if (this.#processes.size >= this.#size) return false;
    this.#add(child);
    return true;
  }

  fill(): void {
    while (this.#processes.size < this.#size) this.#add(new UserCodeProcess(this.#options));
  }

  async run(...[work, signal, onHeartbeat]: Parameters<UserCodeProcess['run']>): Promise<ProcessAnswer> {
    for (;;) {
      const child = await this.#untilFree(signal);
      const answer = await child.run(work, signal, onHeartbeat);
      if (answer.is !== 'not_begun') return answer;
    }
  }

  /** @returns undefined if no process was free soon */
  async runSoon(
    ...[work, signal, onHeartbeat]: Parameters<UserCodeProcess['run']>
  ): Promise<ProcessAnswer | undefined> {
    this.fill();
    const soon = AbortSignal.any([signal, AbortSignal.timeout(APART_WITHIN_MS)]);
    for (;;) {
      const child = await this.#untilFree(soon).catch(() => undefined);
      if (child === undefined) return undefined;
      if (child.inFlight >= this.#callsMax) continue; // another call that was woken has just taken it
      const answer = await child.run(work, signal, onHeartbeat).finally(() => this.#wake());
      if (answer.is !== 'not_begun') return answer;
    }
  }

  async end(): Promise<void> {
    this.#isEnding = true;
    await Promise.all([...this.#processes].map((child) => child.end()));
  }

  async endWhenIdle(): Promise<void> {
    this.#isEnding = true;
    const idle = () => [...this.#processes].every(({ inFlight }) => inFlight === 0);
    while (!idle()) await new Promise((resolve) => setTimeout(resolve, 100).unref());
    await this.end();
  }

  #freest(): UserCodeProcess | undefined {
    let freest: UserCodeProcess | undefined;
    for (const child of this.#ready)
      if (child.isFree && child.inFlight < (freest?.inFlight ?? this.#callsMax)) freest = child;
    return freest;
  }

  async #untilFree(signal: AbortSignal): Promise<UserCodeProcess> {
    for (;;) {
      if (signal.aborted) throw new NotBegunError('no process was free for the call within its time');
      const child = this.#freest();
      if (child) return child;
      await new Promise<void>((resolve) => {
        const go = () => {
          this.#waiting.delete(go);
          signal.removeEventListener('abort', go);
          resolve();
        };
        this.#waiting.add(go);
        signal.addEventListener('abort', go, { once: true });
      });
    }
  }

  #wake(): void {
    for (const go of [...this.#waiting]) go();
  }

  #add(child: UserCodeProcess): void {
    const startedAt = performance.now();
    this.#processes.add(child);
    child.onChange = () => this.#wake();
    child.ready.then(
      () => {
        this.#ready.add(child);
        this.#wake();
      },
      (error: Error) => {
        if (!this.#isEnding)
          this.#options.log.error({ error: error.message }, 'a handler process did not start');
      },
    );
    void child.exited.then((how) => this.#replace(child, how, performance.now() - startedAt));
  }

  #replace(child: UserCodeProcess, how: string, livedMs: number): void {
    this.#processes.delete(child);
    this.#ready.delete(child);
    child.kill(); // what it had spawned
    if (this.#isEnding) return;
    const hasStarted = livedMs > LIVED_MS || child.hasBegun;
    this.#restartMs = hasStarted ? RESTART_FIRST_MS : Math.min(2 * this.#restartMs, RESTART_MAX_MS);
    this.#options.log.warn(
      { pid: child.pid, how },
      'a handler process has ended: another one takes its place',
    );
    setTimeout(() => {
      if (!this.#isEnding) this.fill();
    }, this.#restartMs).unref();
  }
}
