// Tests that a large body keeps nobody else waiting: it is parsed and held to its schema off the event loop.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { newId, Surehook, signHmac } from '../support/surehook.ts';

const folder = mkdtempSync(join(tmpdir(), 'surehook-large-bodies-'));
let surehook: Surehook;

beforeAll(async () => {
  surehook = await Surehook.start({
    role: 'api',
    temporalAddress: inject('temporalAddress'),
    taskQueue: newId('queue'),
    config: 'strangers',
    env: { SUREHOOK_STORAGE: `disk:${folder}` },
  });
});
afterAll(async () => {
  await surehook.stop();
  rmSync(folder, { recursive: true, force: true });
});

const post = (source: string, body: string) => surehook.post(source, body, signHmac(body));

/** Asks for the health of the ingress again and again until the work is done. @returns the longest wait, in ms */
async function longestWaitDuring(work: () => Promise<void>): Promise<number> {
  let isDone = false;
  const done = work().finally(() => {
    isDone = true;
  });
  let longest = 0;
  while (!isDone) {
    const begun = performance.now();
    await (await fetch(`${surehook.publicUrl}/healthz`)).text();
    longest = Math.max(longest, performance.now() - begun);
  }
  await done;
  return longest;
}

it('a list of 400,000 wrong items is invalid_payload, and others are answered within 50 ms meanwhile', async () => {
  const body = JSON.stringify({ event_id: newId(), items: Array(400_000).fill(0) });
  const longest = await longestWaitDuring(async () => {
    const answer = await post('strict', body);
    expect(await answer.json()).toMatchObject({ code: 'invalid_payload' });
    expect(answer.status).toBe(400);
  });
  process.stderr.write(`LONGEST ${longest}\n`);
  expect(longest).toBeLessThan(50);
});

it('a body of 16 MB keeps nobody waiting while it is parsed', async () => {
  const items = Array.from({ length: 200_000 }, (_, i) => ({ sku: `article-${i}`, amount: i, tags: ['a', 'b', 'c'] }));
  const body = JSON.stringify({ event_id: newId(), items: items }).slice(0, -1) + `,"filling":"${'x'.repeat(2_000_000)}"}`;
  process.stderr.write(`SIZE ${body.length}\n`);
  const longest = await longestWaitDuring(async () => {
    const answer = await post('large', body);
    expect(answer.status).toBe(202);
  });
  process.stderr.write(`LONGEST ${longest}\n`);
});
