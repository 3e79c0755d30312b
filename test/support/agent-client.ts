// A client of the agent API, which checks every answer against the OpenAPI document.

import type { listTasksRoute } from '../../src/api/agent/list-tasks.ts';
import type { TaskView } from '../../src/api/agent/task-view.ts';
import type { ViewOf } from '../../src/api/http/route.ts';
import { checkPublicAnswer } from './openapi.ts';
import type { Surehook } from './surehook.ts';
import { waitFor } from './wait-for.ts';

export const CLIENT_KEYS = {
  alice: 'key-of-alice-0123456789',
  aliceNext: 'next-key-of-alice-0123456789',
  bob: 'key-of-bob-0123456789abc',
};
export const API_KEYS = `alice:${CLIENT_KEYS.alice},alice:${CLIENT_KEYS.aliceNext},bob:${CLIENT_KEYS.bob}`;

export class AgentClient {
  readonly #key: string;
  /** Replaced when a test starts its Surehook anew. */
  surehook: Surehook;

  constructor(surehook: Surehook, key = CLIENT_KEYS.alice) {
    this.surehook = surehook;
    this.#key = key;
  }

  async call(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Response> {
    const response = await fetch(this.surehook.publicUrl + path, {
      method,
      headers: { authorization: `Bearer ${this.#key}`, 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const type = response.headers.get('content-type') ?? '';
    const { pathname } = new URL(response.url);
    checkPublicAnswer(method, pathname, response.status, type, await response.clone().text());
    return response;
  }

  /** @returns the id of the task */
  async begin(type: string, body: unknown, headers: Record<string, string> = {}): Promise<string> {
    const response = await this.call('POST', `/agent/${type}`, body, headers);
    const answer = (await response.json()) as { task_id: string };
    if (response.status !== 202) throw new Error(`${response.status}: ${JSON.stringify(answer)}`);
    return answer.task_id;
  }

  async task(id: string): Promise<TaskView> {
    const response = await this.call('GET', `/agent/tasks/${id}`);
    if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`);
    return (await response.json()) as TaskView;
  }

  async until(id: string, isDone: (task: TaskView) => boolean): Promise<TaskView> {
    return await waitFor(() => this.task(id), isDone);
  }

  async untilStatus(id: string, status: TaskView['status']): Promise<TaskView> {
    return await this.until(id, (task) => task.status === status);
  }

  async list(query = ''): Promise<ViewOf<typeof listTasksRoute>> {
    return (await (await this.call('GET', `/agent/tasks${query}`)).json()) as ViewOf<typeof listTasksRoute>;
  }
}
