// Tests `surehook dead-letters replay|discard` with a filter, and `surehook jobs`, as an operator types them.
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { type RunOptions, runSurehook } from '../support/command.ts';
import { DeadLetters } from '../support/dead-letters.ts';
import { Receiver } from '../support/receiver.ts';
import { newId, Surehook, TOKEN } from '../support/surehook.ts';
import { waitFor } from '../support/wait-for.ts';

let receiver: Receiver;
let surehook: Surehook;
let letters: DeadLetters;

beforeAll(async () => {
  receiver = await Receiver.start();
  surehook = await Surehook.start({
    role: 'serve',
    temporalAddress: inject('temporalAddress'),
    taskQueue: 'job-commands',
    env: { RECEIVER_URL: receiver.url },
  });
  letters = new DeadLetters(surehook, receiver);
});

afterAll(async () => {
  await surehook.stop();
  await receiver.stop();
});

const runWith = async (options: RunOptions, ...args: string[]) => {
  const env = { SUREHOOK_OPERATOR_URL: surehook.operatorUrl, SUREHOOK_OPERATOR_TOKEN: TOKEN };
  return await runSurehook(args, env, options);
};
const run = async (...args: string[]) => await runWith({}, ...args);

async function makeMany(count: number) {
  const type = newId('type');
  const ids = Array.from({ length: count }, () => newId());
  for (const id of ids) await letters.make(id, type, 'once');
  return { ids, type };
}

it('replay with a filter has a dry run, needs --yes, and prints its progress and its outcome', async () => {
  const { ids, type } = await makeMany(3);
  const dry = await run('dead-letters', 'replay', '--type', type, '--dry-run');
  expect(dry).toMatchObject({ code: 0, stderr: '' });
  expect(dry.stdout).toContain('3 dead letters match, the latest first:');
  for (const id of ids) expect(dry.stdout).toContain(id);
  const unasked = await run('dead-letters', 'replay', '--type', type);
  expect(unasked.code).toBe(1);
  expect(unasked.stderr).toBe(
    'surehook: 3 dead letters would be replayed: give --yes, since there is no terminal to ask on (--dry-run shows them)\n',
  );
  const replayed = await run('dead-letters', 'replay', '--type', type, '--rate', '50', '--yes');
  expect(replayed).toMatchObject({ code: 0, stderr: '' });
  expect(replayed.stdout).toMatch(/^Job [-0-9a-f]{36}\n/);
  expect(replayed.stdout).toMatch(/replay, completed\n {2}filter {4}type=type_\w+\n {2}matched {3}3\n/);
  expect(replayed.stdout).toContain('  replayed  3, 0 skipped');
  await waitFor(async () => (await letters.count({ type })) === 0);
  const again = await run('dead-letters', 'replay', '--type', type, '--yes');
  expect(again).toMatchObject({ code: 0, stdout: 'No dead letters match.\n' });
});

it('discard with a filter and --detach starts a job that other commands pause, resume and watch', async () => {
  const { type } = await makeMany(12); // enough seconds for two commands, however slowly they start
  const args = ['--type', type, '--reason', 'a test', '--rate', '1', '--yes', '--detach', '--json'];
  const started = await run('dead-letters', 'discard', ...args);
  expect(started).toMatchObject({ code: 0, stderr: '' });
  const { job_id } = JSON.parse(started.stdout);
  const untilPrinted = async (verb: string, status: string) =>
    await waitFor(
      async () => (await run('jobs', verb, job_id)).stdout,
      (text) => text.includes(`Job ${job_id}: discard, ${status}`),
    );
  await untilPrinted('pause', 'paused');
  await untilPrinted('resume', 'running');
  const watched = await runWith({ killAfterMs: 90_000 }, 'jobs', 'show', '--watch', job_id);
  expect(watched.stdout).toContain('discard, completed');
  const row = new RegExp(`${job_id} +discard +completed +12/12 +0 .*${type}`);
  await waitFor(
    async () => (await run('jobs', 'list')).stdout,
    (text) => row.test(text),
  );
  expect(await run('jobs', 'cancel', job_id)).toMatchObject({
    code: 1,
    stderr: `surehook: job ${job_id} has ended: it is completed\n`,
  });
  await waitFor(async () => (await letters.count({ type })) === 0);
});

it.each([
  [['replay'], 'name an event, or give a filter such as --source; --all takes every dead letter'],
  [['replay', 'partner'], 'name the event, too'],
  [['replay', '--all', '--source', 'once'], '--all: the option takes every dead letter'],
  [['replay', '--source', 'once', '--rate', 'fast'], '--rate: expected a number from 1 to 200'],
  [['replay', '--source', 'once', '--payload', 'x.json'], '--payload: the option corrects one event'],
  [['replay', '--source', 'once', '--since', 'now-ish'], '--since: expected a time'],
  [['replay', 'once', 'evt_1', '--rate', '5'], '--rate: the option is for many dead letters'],
  [['discard', '--source', 'once'], "required option '--reason <text>' not specified"],
])('%j is refused', async (args, message) => {
  const { code, stderr } = await run('dead-letters', ...args);
  expect(code).toBe(2);
  expect(stderr).toContain(message);
});
