// Bounds how many tasks of a client are under way. Temporal counts them; in between, this process adds those that it starts.
import { countTasks } from '../../tasks/list-tasks.ts';
import type { Temporal } from '../../temporal/connection.ts';
import { HttpError } from '../http/errors.ts';

/** Temporal's list is a second behind anyway, and a count for each request would cost as much as the start. */
const COUNT_EVERY_MS = 2_000;

interface Known {
  count: number;
  at: number;
}

export class TasksUnderWay {
  readonly #max: number;
  readonly #temporal: Temporal;
  readonly #known = new Map<string, Known>();

  constructor(temporal: Temporal, max: number) {
    this.#temporal = temporal;
    this.#max = max;
  }

  /** @throws HttpError `too_many_tasks` */
  async enter(client: string, now = performance.now()): Promise<void> {
    const known = this.#known.get(client);
    if (known === undefined || now - known.at > COUNT_EVERY_MS) await this.#count(client, now);
    const latest = this.#known.get(client) as Known;
    latest.count += 1;
    if (latest.count <= this.#max) return;
    latest.count -= 1;
    const detail = `client ${client} has ${this.#max} tasks under way, which is the most; wait until one has ended`;
    throw new HttpError('too_many_tasks', detail, { headers: { 'retry-after': '10' } });
  }

  async #count(client: string, at: number): Promise<void> {
    const known = this.#known.get(client);
    if (known) known.at = at; // requests beside this one go on with what is known
    const count = await countTasks(this.#temporal, { client, isRunning: true });
    this.#known.set(client, { count, at });
  }
}
