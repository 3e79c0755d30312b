// The processes that run the user's code: as many as are wanted, each replaced when it ends, all of them at a reload.
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
import { Pool, type UserCodeOptions } from './pool.ts';
import { type Ready, UserCodeProcess } from './user-code-process.ts';

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
   * @throws NotBegunError if no process was free in time
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
      apart && single
        ? await single.runSoon(work, signal, onHeartbeat)
        : await handlers.run(work, signal, onHeartbeat);
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
  /** Processes that run one call at a time, and are started when they are needed. undefined: a debugger is attached. */
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
      ? new Pool(options, handlerProcesses, 1)
      : undefined;
  handlers.onLost = () => single?.warm();
  const checker = new Pool(options, wantsChecker ? 1 : 0);
  if (!handlers.adopt(first) && !checker.adopt(first)) await first.end();
  handlers.fill();
  checker.fill();
  return { pools: { handlers, single, checker }, config };
}
