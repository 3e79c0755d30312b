// Accepts a client's message: it begins a task, or answers what a task asks.
import { Message, type SendMessageRequest } from '@a2a-js/sdk';
import { UnsupportedOperationError } from '@a2a-js/sdk/errors';
import { TASK_ENDS } from '../../../contracts/task.ts';
import { answerTask } from '../../../tasks/change-task.ts';
import type { Task } from '../../../tasks/read-task.ts';
import { acceptTask } from '../accept-task.ts';
import { checkAnswers } from '../check-answers.ts';
import type { AgentDeps } from '../deps.ts';
import { malformed } from './a2a-error.ts';
import type { Caller } from './caller.ts';
import { toCallback } from './push-config.ts';
import { setPushCallback } from './push-configs.ts';
import { answersOf, givenOf, requireMessage, skillOf } from './read-message.ts';
import { requireOwnTask } from './require-own-task.ts';

export interface AcceptedMessage {
  taskId: string;
  contextId: string;
  /** Whether the message has begun the task. */
  isNew: boolean;
  /** The names of the questions that it has answered: the task waits for these no more. */
  answered: readonly string[];
}

const CONFIG = 'configuration.taskPushNotificationConfig.';

/** The same message again accepts nothing more, and its answer is about the same task. */
export async function acceptMessage(
  deps: AgentDeps,
  caller: Caller,
  request: SendMessageRequest,
): Promise<AcceptedMessage> {
  const message = requireMessage(request);
  return message.taskId === ''
    ? await beginTask(deps, caller, request, message)
    : await answer(deps, caller, request, message);
}

async function beginTask(
  deps: AgentDeps,
  caller: Caller,
  request: SendMessageRequest,
  message: Message,
): Promise<AcceptedMessage> {
  const { client, trace } = caller;
  const typeName = skillOf(deps.config, request);
  const config = request.configuration?.taskPushNotificationConfig;
  const { taskId, isNew } = await acceptTask(deps, {
    client,
    typeName,
    given: givenOf(deps.config, typeName, message),
    callbacks: config ? [toCallback(deps, CONFIG, config)] : [],
    idempotencyKey: `a2a:${message.messageId}`,
    request: JSON.stringify(Message.toJSON(message)),
    ...(message.contextId === '' ? {} : { contextId: message.contextId }),
    ...trace,
  });
  return { taskId, contextId: message.contextId || taskId, isNew, answered: [] };
}

async function answer(
  deps: AgentDeps,
  caller: Caller,
  { configuration }: SendMessageRequest,
  message: Message,
): Promise<AcceptedMessage> {
  const task = await requireOwnTask(deps, caller, message.taskId);
  const { taskId, contextId, state } = task;
  if (message.contextId !== '' && message.contextId !== contextId)
    throw malformed('message.contextId', 'it is not that of the task; leave it out');
  requireQuestion(task);
  const answers = checkAnswers(state.questions, answersOf(state.questions, message));
  const config = configuration?.taskPushNotificationConfig;
  if (config) await setPushCallback(deps, task, toCallback(deps, CONFIG, config));
  if (!(await answerTask(deps.temporal, task, answers))) throw ended(task);
  const answered = Object.keys(answers);
  deps.log.info({ task_id: taskId, questions: answered }, 'task answered');
  return { taskId, contextId, isNew: false, answered };
}

function requireQuestion(task: Task): void {
  if (TASK_ENDS.includes(task.state.status)) throw ended(task);
  if (task.state.questions.length > 0) return;
  throw new UnsupportedOperationError('the task asks nothing at present, and takes no message');
}

function ended({ state: { status } }: Task) {
  const now = TASK_ENDS.includes(status) ? `it is ${status}` : 'it takes no message any more';
  return new UnsupportedOperationError(`the task has ended: ${now}; begin another one`);
}
