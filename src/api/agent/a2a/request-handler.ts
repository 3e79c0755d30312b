// A2A's operations over our tasks, for the SDK's handlers of HTTP. The SDK's own request handler is not durable.
import {
  type AgentCard,
  type CancelTaskRequest,
  type DeleteTaskPushNotificationConfigRequest,
  type GetExtendedAgentCardRequest,
  type GetTaskPushNotificationConfigRequest,
  type GetTaskRequest,
  type ListTaskPushNotificationConfigsRequest,
  type ListTaskPushNotificationConfigsResponse,
  type ListTasksRequest,
  type ListTasksResponse,
  Message,
  type SendMessageRequest,
  type StreamResponse,
  type SubscribeToTaskRequest,
  Task,
  type TaskPushNotificationConfig,
} from '@a2a-js/sdk';
import { ExtendedAgentCardNotConfiguredError, TaskNotCancelableError } from '@a2a-js/sdk/errors';
import type { A2ARequestHandler, ServerCallContext } from '@a2a-js/sdk/server';
import { toA2ATask, toMessage } from '../../../contracts/a2a.ts';
import { TASK_ENDS } from '../../../contracts/task.ts';
import { cancelTask } from '../../../tasks/change-task.ts';
import type { A2ADeps } from './a2a-deps.ts';
import { toA2AError } from './a2a-error.ts';
import { acceptMessage } from './accept-message.ts';
import { agentCard } from './agent-card.ts';
import { type Caller, callerOf } from './caller.ts';
import { justAccepted, streamMessage, streamTask, untilCanceled, untilSettled } from './follow-task.ts';
import { listOwnTasks } from './list-own-tasks.ts';
import { createPushConfig, deletePushConfig, getPushConfig, listPushConfigs } from './push-configs.ts';
import { requireOwnTask } from './require-own-task.ts';

/** The SDK reads versions and capabilities of it. */
const CARD_FOR_SDK = agentCard({ tasks: new Map() }, '');

type Events = AsyncGenerator<StreamResponse, void, undefined>;

export class SurehookRequestHandler implements A2ARequestHandler {
  readonly #deps: A2ADeps;

  constructor(deps: A2ADeps) {
    this.#deps = deps;
  }

  /** For the SDK, which holds it as long as a stream lasts. What clients get has the skills, and their address of us. */
  async getAgentCard(): Promise<AgentCard> {
    return CARD_FOR_SDK;
  }

  async getAuthenticatedExtendedAgentCard(
    _request: GetExtendedAgentCardRequest,
    context: ServerCallContext,
  ): Promise<AgentCard> {
    return await this.#answer(context, async () => {
      throw new ExtendedAgentCardNotConfiguredError(
        'there is no extended agent card; the public one says all',
      );
    });
  }

  async sendMessage(request: SendMessageRequest, context: ServerCallContext): Promise<Message | Task> {
    return await this.#answer(context, async (caller) => {
      const accepted = await acceptMessage(this.#deps, caller, request);
      if (request.configuration?.returnImmediately) {
        const { taskId, isNew } = accepted;
        const news = isNew ? justAccepted(accepted) : await requireOwnTask(this.#deps, caller, taskId);
        return Task.fromJSON(toA2ATask(news));
      }
      const news = await untilSettled(this.#deps, caller, accepted);
      const message = toMessage(news);
      return message ? Message.fromJSON(message) : Task.fromJSON(toA2ATask(news));
    });
  }

  async *sendMessageStream(request: SendMessageRequest, context: ServerCallContext): Events {
    yield* this.#stream(context, async (caller) => {
      const accepted = await acceptMessage(this.#deps, caller, request);
      return streamMessage(this.#deps, caller, accepted);
    });
  }

  async *resubscribe({ id }: SubscribeToTaskRequest, context: ServerCallContext): Events {
    yield* this.#stream(context, async (caller) => streamTask(this.#deps, caller, id));
  }

  async getTask({ id }: GetTaskRequest, context: ServerCallContext): Promise<Task> {
    return await this.#answer(context, async (caller) =>
      Task.fromJSON(toA2ATask(await requireOwnTask(this.#deps, caller, id))),
    );
  }

  async listTasks(request: ListTasksRequest, context: ServerCallContext): Promise<ListTasksResponse> {
    return await this.#answer(context, async (caller) => await listOwnTasks(this.#deps, caller, request));
  }

  async cancelTask({ id }: CancelTaskRequest, context: ServerCallContext): Promise<Task> {
    return await this.#answer(context, async (caller) => {
      const task = await requireOwnTask(this.#deps, caller, id);
      const { status } = task.state;
      if (TASK_ENDS.includes(status) || !(await cancelTask(this.#deps.temporal, task)))
        throw new TaskNotCancelableError(`the task has ended: it is ${status}`);
      this.#deps.log.info({ task_id: id }, 'task cancellation requested');
      return Task.fromJSON(toA2ATask(await untilCanceled(this.#deps, caller, task)));
    });
  }

  async createTaskPushNotificationConfig(
    config: TaskPushNotificationConfig,
    context: ServerCallContext,
  ): Promise<TaskPushNotificationConfig> {
    return await this.#answer(context, (caller) => createPushConfig(this.#deps, caller, config));
  }

  async getTaskPushNotificationConfig(
    name: GetTaskPushNotificationConfigRequest,
    context: ServerCallContext,
  ): Promise<TaskPushNotificationConfig> {
    return await this.#answer(context, (caller) => getPushConfig(this.#deps, caller, name));
  }

  /** All on one page: a task has few. */
  async listTaskPushNotificationConfigs(
    { taskId }: ListTaskPushNotificationConfigsRequest,
    context: ServerCallContext,
  ): Promise<ListTaskPushNotificationConfigsResponse> {
    return await this.#answer(context, async (caller) => ({
      configs: await listPushConfigs(this.#deps, caller, taskId),
      nextPageToken: '',
    }));
  }

  async deleteTaskPushNotificationConfig(
    name: DeleteTaskPushNotificationConfigRequest,
    context: ServerCallContext,
  ): Promise<void> {
    await this.#answer(context, (caller) => deletePushConfig(this.#deps, caller, name));
  }

  async #answer<T>(context: ServerCallContext, work: (caller: Caller) => Promise<T>): Promise<T> {
    const caller = callerOf(context);
    try {
      return await work(caller);
    } catch (error) {
      throw this.#refuse(error, caller);
    }
  }

  async *#stream(context: ServerCallContext, open: (caller: Caller) => Promise<Events>): Events {
    const caller = callerOf(context);
    try {
      yield* await open(caller);
    } catch (error) {
      throw this.#refuse(error, caller);
    }
  }

  #refuse(error: unknown, caller: Caller) {
    const refusal = toA2AError(error, caller);
    const fields = { client: caller.client, code: refusal.reason };
    if (refusal.reason === 'INTERNAL_ERROR')
      this.#deps.log.error({ ...fields, err: error }, 'request failed');
    else this.#deps.log.info({ ...fields, detail: refusal.message }, 'request refused');
    return refusal;
  }
}
