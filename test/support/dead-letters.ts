// Makes, reads and ends dead letters for tests.
import { expect } from 'vitest';
import type { DeadLetterView } from '../../src/api/operator/dead-letters/dead-letter-view.ts';
import type { DeadLetterItem } from '../../src/dead-letters/list.ts';
import type { Receiver } from './receiver.ts';
import { newId, type Surehook, TOKEN } from './surehook.ts';
import { waitFor } from './wait-for.ts';

export interface Answered {
  status: number;
  body: Record<string, unknown>;
}

/** The answer to a replay or discard waits at most this long until list and count show the end of the dead letter. */
const ANSWER_WAITS_MS = 2_000;

export class DeadLetters {
  readonly surehook: Surehook;
  readonly receiver: Receiver;

  constructor(surehook: Surehook, receiver: Receiver) {
    this.surehook = surehook;
    this.receiver = receiver;
  }

  /** Sends an event that its handler refuses once, and waits until its dead letter is listed. */
  async make(event_id = newId(), type = 'both', source = 'partner'): Promise<string> {
    this.receiver.script('/handler', event_id, [422, 200]);
    expect((await this.surehook.send({ event_id, type, name: 'first' }, source)).status).toBe(202);
    await this.untilListed(event_id, source);
    return event_id;
  }

  async untilListed(event_id: string, source = 'partner'): Promise<DeadLetterItem> {
    await this.surehook.untilEvent(source, event_id, ({ status }) => status === 'failed');
    const items = await waitFor(
      () => this.list({ source }),
      (all) => all.some((one) => one.event_id === event_id),
    );
    return items.find((one) => one.event_id === event_id) as DeadLetterItem;
  }

  /** The items of all pages. */
  async list(query: Record<string, string> = {}): Promise<DeadLetterItem[]> {
    const items: DeadLetterItem[] = [];
    let cursor: string | null = null;
    do {
      const page = await this.page({ ...query, limit: '200', ...(cursor ? { cursor } : {}) });
      items.push(...page.items);
      cursor = page.next_cursor;
    } while (cursor !== null);
    return items;
  }

  async page(query: Record<string, string>) {
    const { status, body } = await this.get(`/api/v1/dead-letters?${new URLSearchParams(query)}`);
    expect(status, JSON.stringify(body)).toBe(200);
    return body as unknown as { items: DeadLetterItem[]; next_cursor: string | null };
  }

  async isListed(event_id: string, source = 'partner'): Promise<boolean> {
    return (await this.list({ source })).some((one) => one.event_id === event_id);
  }

  async count(query: Record<string, string> = {}): Promise<number> {
    const { body } = await this.get(`/api/v1/dead-letters/count?${new URLSearchParams(query)}`);
    return body.count as number;
  }

  /** Whether this dead letter is counted: the filter fits no other, whatever else fails meanwhile. */
  async isCounted({ failed_at: since, ...item }: DeadLetterItem): Promise<boolean> {
    const {
      source,
      event_type: type = '',
      failed_steps: [step = ''],
    } = item;
    const until = new Date(Date.parse(since) + 1).toISOString();
    return (await this.count({ source, type: String(type), step, since, until })) === 1;
  }

  /**
   * Asserts that the dead letter is off list and count when the answer comes; after an answer that waited in
   * vain, soon.
   */
  async expectGoneWith(item: DeadLetterItem, end: () => Promise<Answered>): Promise<Answered> {
    expect(await this.isCounted(item)).toBe(true);
    const asked = Date.now();
    const answer = await end();
    const waitedInVain = Date.now() - asked >= ANSWER_WAITS_MS;
    const where = async () => [await this.isListed(item.event_id, item.source), await this.isCounted(item)];
    const isGone = (found: boolean[]) => !found.includes(true);
    expect(waitedInVain ? await waitFor(where, isGone) : await where()).toEqual([false, false]);
    return answer;
  }

  async show(event_id: string, source = 'partner'): Promise<Answered & { body: DeadLetterView }> {
    return (await this.get(`/api/v1/dead-letters/${source}/${event_id}`)) as Answered & {
      body: DeadLetterView;
    };
  }

  async replay(event_id: string, body: object = {}, source = 'partner'): Promise<Answered> {
    return await this.post(`/api/v1/dead-letters/${source}/${event_id}/replay`, JSON.stringify(body));
  }

  async discard(event_id: string, body: object, source = 'partner'): Promise<Answered> {
    return await this.post(`/api/v1/dead-letters/${source}/${event_id}/discard`, JSON.stringify(body));
  }

  async get(path: string): Promise<Answered> {
    return await toAnswered(await this.surehook.operator(path));
  }

  async post(path: string, body: string): Promise<Answered> {
    const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
    return await toAnswered(await this.surehook.operator(path, { method: 'POST', headers, body }));
  }
}

async function toAnswered(response: Response): Promise<Answered> {
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}
