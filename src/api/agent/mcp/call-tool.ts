// tools/call: begins a task, and answers with its handle, its result, or what it asks.
import {
  type CallToolRequest,
  type CallToolResult,
  type InputRequiredResult,
  inputRequired,
  ProtocolError,
  type ServerContext,
} from '@modelcontextprotocol/server';
import type { TaskTypeConfig } from '../../../config/config.ts';
import { cancelTask } from '../../../tasks/change-task.ts';
import { readTaskHead, type Task } from '../../../tasks/read-task.ts';
import { HttpError } from '../../http/errors.ts';
import { acceptTask, requireType } from '../accept-task.ts';
import { awaitTask } from './await-task.ts';
import { type Declared, declaredBy } from './client-capabilities.ts';
import type { McpCaller, McpDeps } from './mcp-deps.ts';
import { invalidParams, missingTasks } from './mcp-errors.ts';
import { toHandle, toInputRequests, toTaskError, toToolResult } from './mcp-task.ts';
import { takeInput } from './take-input.ts';
import { requireTask } from './task-methods.ts';

type ToolAnswer = CallToolResult | InputRequiredResult;

/** A task type with a limit up to this one answers in the call: for so little, a handle is more trouble than it saves. */
const SHORT_TASK_MS = 10_000;
/** Without the extension there is only the call. Proxies give up after 30 s, and the listener after 60 s. */
const CALL_WAIT_MS = 25_000;
/** What may take longer than this is not begun for such a client: it would mostly be begun and thrown away. */
const LONG_TASK_MS = 3_600_000;

/**
 * @throws ProtocolError -32602 for an unknown tool; -32603 if the task broke, or was not begun; -32021 if only a client
 *   with the extension can be answered
 */
export async function callTool(
  deps: McpDeps,
  caller: McpCaller,
  { name, arguments: input = {} }: CallToolRequest['params'],
  context: ServerContext,
): Promise<ToolAnswer> {
  const type = requireType(deps, name);
  const declared = declaredBy(context);
  if (!declared.tasks && type.timeoutMs > LONG_TASK_MS) throw missingTasks();
  const state = context.mcpReq.requestState<string>();
  const calledAt = new Date().toISOString();
  try {
    const taskId =
      state === undefined
        ? await begin(deps, caller, name, input)
        : await goOn(deps, caller, name, state, context);
    const { signal } = context.mcpReq;
    return await answer(deps, {
      caller,
      type,
      taskId,
      calledAt,
      isNew: state === undefined,
      declared,
      signal,
    });
  } catch (error) {
    if (error instanceof HttpError && error.code === 'invalid_input') return refusal(error);
    throw error;
  }
}

async function begin(deps: McpDeps, caller: McpCaller, typeName: string, input: unknown): Promise<string> {
  const { taskId } = await acceptTask(deps, {
    ...caller,
    typeName,
    given: { input },
    callbacks: [],
    idempotencyKey: undefined, // MCP has none; the ids of its requests are unique in a connection only
    request: JSON.stringify(input),
  });
  return taskId;
}

/**
 * The state of an earlier round is the id of the task that it has begun. It needs no seal: a client finds its own tasks
 * alone, and can answer them anyway.
 */
async function goOn(
  deps: McpDeps,
  { client }: McpCaller,
  typeName: string,
  taskId: string,
  context: ServerContext,
): Promise<string> {
  const task = await requireTask(deps, client, taskId);
  if (task.type !== typeName) throw invalidParams('requestState: it belongs to another tool');
  await takeInput(deps, task, context);
  return taskId;
}

/** A model corrects its arguments by what a result says, and does not see errors of the protocol. */
function refusal({ code, message, extras }: HttpError): ToolAnswer {
  const error = { code, message, ...extras.members };
  return {
    content: [{ type: 'text', text: `${code}: ${message}` }],
    structuredContent: { error },
    isError: true,
  };
}

interface Begun {
  caller: McpCaller;
  type: TaskTypeConfig;
  taskId: string;
  calledAt: string;
  /** Else the call goes on with a task of an earlier one. */
  isNew: boolean;
  declared: Declared;
  signal: AbortSignal;
}

async function answer(deps: McpDeps, begun: Begun): Promise<ToolAnswer> {
  const { caller, taskId, calledAt, isNew, declared, signal } = begun;
  const { client } = caller;
  const withinMs = waitMsOf(begun);
  const isRead = withinMs > 0 || !isNew;
  const task = isRead ? await awaitTask(deps, { taskId, client, withinMs, signal }) : undefined;
  if (!signal.aborted) {
    const found = task && withinMs > 0 ? whatIsThere(task, declared) : undefined;
    if (found) return found;
    if (declared.tasks) return asAnswer(toHandle(task ?? justBegun(taskId, calledAt)));
  }
  // Nobody is left to whom the result could go, and the protocol wants the work to stop then.
  const head = await readTaskHead(deps.temporal, taskId, client);
  if (head && !(await cancelTask(deps.temporal, head))) {
    const ended = whatIsThere(await requireTask(deps, client, taskId), declared);
    if (ended) return ended;
  }
  deps.log.info({ task_id: taskId, has_gone: signal.aborted }, 'task canceled: its client takes no handle');
  throw missingTasks();
}

/** The SDK passes a handle on, and has no type for it. */
const asAnswer = (handle: ReturnType<typeof toHandle>) => handle as unknown as CallToolResult;

/** A task that has asked once is under way for longer than a call: its client, if it takes one, gets the handle. */
function waitMsOf({ type: { timeoutMs }, isNew, declared }: Begun): number {
  if (!declared.tasks) return CALL_WAIT_MS;
  return isNew && timeoutMs <= SHORT_TASK_MS ? SHORT_TASK_MS : 0;
}

/** @throws ProtocolError -32603 if the task broke */
function whatIsThere(task: Task, { forms }: Declared): ToolAnswer | undefined {
  const { taskId, state } = task;
  switch (state.status) {
    case 'processing':
      return undefined;
    case 'input_required': {
      const inputRequests = toInputRequests(state.questions);
      return forms ? inputRequired({ inputRequests, requestState: taskId }) : undefined;
    }
    case 'error': {
      const { code, message, data } = toTaskError(state);
      throw new ProtocolError(code, message, data);
    }
    default:
      return toToolResult(state);
  }
}

/**
 * Temporal has confirmed the task: to read it, too, would double what accepting it costs. Its own times are a few
 * milliseconds later, so that they never go back.
 */
function justBegun(taskId: string, createdAt: string): Pick<Task, 'taskId' | 'createdAt' | 'state'> {
  const state = { progress: null, questions: [], answers: {}, callbacks: [], notices: [] };
  return { taskId, createdAt, state: { ...state, status: 'processing', status_at: createdAt } };
}
