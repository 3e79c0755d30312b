// Tests the memory of first attempts: each attempt is done once, and forgotten before the memory is full.
import { expect, it } from 'vitest';
import { OncePerRun } from '../../src/activities/attempts/once-per-run.ts';

/** Records each key that is done; each result is a text of `length` characters. */
function counting(length = 10) {
  const once = new OncePerRun<string>();
  const done: string[] = [];
  const run = (key: string) =>
    once.do(key, async () => {
      done.push(key);
      return 'x'.repeat(length);
    });
  return { done, run };
}

it('what was done is not done again, and every caller gets its result', async () => {
  const { done, run } = counting();
  expect(await Promise.all([run('a'), run('a'), run('b')])).toEqual(Array(3).fill('x'.repeat(10)));
  expect(await run('a')).toBe('x'.repeat(10));
  expect(done).toEqual(['a', 'b']);
});

it('what has failed is done again', async () => {
  const once = new OncePerRun<string>();
  const fail = () => once.do('a', () => Promise.reject(new Error('no')));
  await expect(fail()).rejects.toThrow('no');
  expect(await once.do('a', async () => 'yes')).toBe('yes');
});

it('large results are kept up to 32 MiB, and the oldest are forgotten', async () => {
  const { done, run } = counting(1_048_576);
  const keys = Array.from({ length: 40 }, (_, i) => `run${i}`);
  for (const key of keys) await run(key);
  await run('run39');
  expect(done).toEqual(keys);
  await run('run0');
  expect(done).toEqual([...keys, 'run0']);
});

it('what is still being done is kept, however much comes after it', async () => {
  const once = new OncePerRun<string>();
  let end = (_: string): void => undefined;
  const slow = () => new Promise<string>((resolve) => (end = resolve));
  const first = once.do('slow', slow);
  for (let i = 0; i < 40; i++) await once.do(`run${i}`, async () => 'x'.repeat(1_048_576));
  const again = once.do('slow', () => Promise.reject(new Error('done twice')));
  end('once');
  expect(await Promise.all([first, again])).toEqual(['once', 'once']);
});
