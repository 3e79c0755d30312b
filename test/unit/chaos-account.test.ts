// Tests the accounting of the chaos runs: what it must call wrong, and what a fault explains.
import { describe, expect, it } from 'vitest';
import { judge, judgeStarts } from '../../chaos/account.ts';
import { Book, type EventRecord, keyOf } from '../../chaos/book.ts';
import type { Outcome } from '../../chaos/outcomes.ts';

const T = 1_000_000;

/** Judges an event that worker1#1 has handled and delivered once, after `change` has made it wrong. */
function story(change: (event: EventRecord, book: Book) => void = () => undefined): string[] {
  const book = new Book();
  book.startedAt = T - 60_000;
  const event = book.open('shop', 'evt_1', 'order.paid', 'digest');
  event.sends.push({ at: T, endedAt: T + 5, to: 'api1', answer: 202 });
  event.acknowledgedAt = T + 5;
  event.handled.push({ at: T + 10, by: 'worker1#1' });
  for (const endpoint of ['healthy', 'flaky']) event.deliveries.push(delivery(endpoint, T + 200));
  change(event, book);
  const outcome: Outcome = { status: 'processed', closedAt: T + 300 };
  return judge({ book, outcomes: new Map([[keyOf(event), outcome]]), views: new Map() }, event);
}

const delivery = (endpoint: string, at: number, by = 'worker1#1') => ({
  ...{ at, endpoint, by, answer: 200, webhookId: 'msg_1', identical: true, verified: true },
});

const again = (by: string, afterMs: number) => (event: EventRecord) =>
  void event.handled.push({ at: T + 10 + afterMs, by });

describe('the chaos account', () => {
  it('finds no fault in an event that went well', () => {
    expect(story()).toEqual([]);
  });

  it('calls an acknowledged event that was never handled, or never delivered, lost', () => {
    expect(story((event) => event.handled.splice(0))).toContain('LOST: acknowledged, but never handled');
    expect(story((event) => event.deliveries.splice(0))).toContain('LOST: never delivered to healthy');
  });

  it('calls a second handling wrong if no fault explains it', () => {
    expect(story(again('worker2#1', 31_000))).toEqual([expect.stringMatching(/^TWICE: handled /)]);
  });

  it('calls a second delivery wrong if no fault explains it', () => {
    const change = (event: EventRecord) =>
      void event.deliveries.push(delivery('healthy', T + 900, 'worker2#1'));
    expect(story(change)).toEqual([expect.stringMatching(/^TWICE: delivered to healthy /)]);
  });

  it.each([
    ['the first worker was killed during the handling', 'kill', 'worker1#1', 50, 2_000],
    ['the first worker was stopped during the handling', 'stop', 'worker1#1', 50, 32_000],
    ['Temporal was killed before the result was reported', 'kill', 'temporal#1', 50, 3_000],
    ['the task was handed out just before Temporal was stopped', 'stop', 'temporal#1', -9_000, -1_000],
    ['the second worker was stopped with the task', 'stop', 'worker2#1', 20_000, 30_500],
  ])('accepts a second handling if %s', (_name, action, target, from, until) => {
    const change = (event: EventRecord, book: Book) => {
      again('worker2#1', 31_000)(event);
      book.incidents.push({ action, target, at: T + 10 + from, until: T + 10 + until });
    };
    expect(story(change)).toEqual([]);
  });

  it.each([
    ['an earlier fault of Temporal that was long over', 'kill', 'temporal#1', -20_000, -17_000],
    ['a fault of Temporal long after the first handling was reported', 'kill', 'temporal#1', 15_000, 17_000],
    ['a kill of another worker', 'kill', 'worker3#1', 50, 2_000],
    ['a kill of the first worker long after the handling', 'kill', 'worker1#1', 15_000, 17_000],
    ['an orderly stop', 'term', 'worker1#1', 50, 2_000],
    ['a bad phase of the endpoint', 'hang', 'flaky', 50, 2_000],
  ])('does not accept a second handling because of %s', (_name, action, target, from, until) => {
    const change = (event: EventRecord, book: Book) => {
      again('worker2#1', 31_000)(event);
      book.incidents.push({ action, target, at: T + 10 + from, until: T + 10 + until });
    };
    expect(story(change)).toEqual([expect.stringMatching(/^TWICE: /)]);
  });

  it('calls changed bytes, an invalid signature and a changed webhook-id wrong', () => {
    const spoil = (change: object) => story((event) => void Object.assign(event.deliveries[0] ?? {}, change));
    expect(spoil({ identical: false })).toEqual(['delivered to healthy with other bytes']);
    expect(spoil({ verified: false })).toEqual([
      'delivered to healthy with a signature that does not verify',
    ]);
    expect(spoil({ webhookId: 'msg_2' })).toEqual(['delivered under 2 webhook-ids']);
  });

  it('calls an answer that is neither 2xx nor 503, and a broken connection without a fault, wrong', () => {
    const answered = (answer: number | string) =>
      story((event) => void event.sends.unshift({ at: T - 10, endedAt: T - 5, to: 'api1', answer }));
    expect(answered(503)).toEqual([]);
    expect(answered(500)).toEqual([expect.stringMatching(/^api1 answered with 500 /)]);
    expect(answered('ECONNRESET')).toEqual([expect.stringMatching(/^api1 answered with ECONNRESET /)]);
  });

  it('calls a failed start wrong while Temporal is up', () => {
    const book = new Book();
    const starts = [{ instance: 'worker1#2', at: T, until: T + 2_000 }];
    expect(judgeStarts(book, starts)).toEqual([expect.stringMatching(/^worker1#2 did not start /)]);
    book.incidents.push({ action: 'kill', target: 'temporal#1', at: T - 1_000, until: T + 500 });
    expect(judgeStarts(book, starts)).toEqual([]);
  });
});
