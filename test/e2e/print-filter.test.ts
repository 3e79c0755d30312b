// Tests that whole commands, and the log of `surehook dev` on a terminal, write no control character or bidi mark.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { runSurehook } from '../support/command.ts';
import { Receiver } from '../support/receiver.ts';
import { newId, PROJECT, SECRETS, Surehook, TOKEN } from '../support/surehook.ts';
import { waitFor } from '../support/wait-for.ts';

const ESC = '\u001b';
const BIDI = '\u202e';
/** Clears the screen, sets the title of the window, hides what stands before it, and turns the rest around. */
const NASTY = `${ESC}[2J${ESC}]0;title\u0007hidden\rshown\u009b31m ${BIDI}reversed`;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to find
const UNSAFE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/;
/** Node says so of a stream that is a terminal. Without colours, of which each begins with the character to find. */
const ON_A_TERMINAL = `--import=data:text/javascript,${encodeURIComponent('process.stdout.isTTY = process.stderr.isTTY = true;')}`;

const stateDir = mkdtempSync(join(tmpdir(), 'surehook-print-'));
const [failed, refused] = [newId(), newId()];
let receiver: Receiver;
let dev: Surehook;
let env: Record<string, string>;

const urlIn = (name: string) => new RegExp(`^ {2}${name} +(http://[^/]+)`, 'm').exec(dev.output)?.[1] ?? '';
const run = async (...args: string[]) => await runSurehook(args, env);

/** Sends an event whose step fails, and waits until it is a dead letter. */
async function fail(event_id: string, type: string): Promise<void> {
  const body = JSON.stringify({ event_id, type, text: NASTY, [`key ${NASTY}`]: [NASTY] });
  const sent = await runSurehook(['send', 'partner', '--file', '-'], env, { input: body });
  expect(sent).toMatchObject({ code: 0, stderr: '' });
  await waitFor(
    async () => (await run('dead-letters', 'list')).stdout,
    (text) => text.includes(event_id),
  );
}

beforeAll(async () => {
  receiver = await Receiver.start();
  receiver.answerAll('/first', { status: 422, body: `answered: ${NASTY}` });
  env = {
    SUREHOOK_STATE_DIR: stateDir,
    SUREHOOK_CONFIG: join(PROJECT, 'test/support/configs/unprintable.config.ts'),
    SUREHOOK_OPERATOR_TOKEN: TOKEN,
    RECEIVER_URL: receiver.url,
    ...SECRETS,
  };
  const temporal = { TEMPORAL_ADDRESS: inject('temporalAddress'), SUREHOOK_TASK_QUEUE: newId('queue') };
  const ports = { PORT: '0', OPERATOR_PORT: '0' };
  dev = Surehook.spawn(
    ['dev'],
    { ...env, ...temporal, ...ports, NO_COLOR: '1', NODE_OPTIONS: ON_A_TERMINAL },
    { cwd: stateDir },
  );
  await waitFor(() => dev.output.includes("\n  -d '{"));
  env.SUREHOOK_OPERATOR_URL = urlIn('Operator API');
  env.PORT = new URL(urlIn('Ingress')).port;
  await fail(failed, 'failing');
  await fail(refused, 'forwarded');
});

afterAll(async () => {
  await dev.stop();
  await receiver.stop();
  rmSync(stateDir, { recursive: true, force: true });
});

describe.concurrent('what comes from outside is shown by its number by', () => {
  it.each([
    ['events list', [], ['ID']],
    ['events show', ['partner', failed], ['\\u001b[2J', '\\u202ereversed']],
    ['events show', ['partner', refused], ['\\u202ereversed']],
    ['dead-letters list', [], [failed, refused]],
    ['dead-letters show', ['partner', failed], ['refused: \\u001b[2J', '\\u202ereversed']],
    ['dead-letters show', ['partner', refused], ['\\u202ereversed']],
    ['dead-letters summary', [], ['refused: \\u001b[2J', '\\u202ereversed']],
    ['dead-letters export', [], ['\\u001b[2J', '\\u202ereversed']],
  ])('%s %j', async (command, args, shown) => {
    const { code, stdout, stderr } = await run(...command.split(' '), ...args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const text of shown) expect(stdout).toContain(text);
    expect(stdout).not.toMatch(UNSAFE);
  });

  it.each([
    [['events', 'show', 'partner', NASTY], 1],
    [['events', 'show', NASTY, 'x'], 1],
    [['dead-letters', 'show', 'partner', NASTY], 1],
    [['events', NASTY], 2],
    [['events', 'list', `--${NASTY}`], 2],
    [['events', 'list', '--status', NASTY], 2],
    [['send', NASTY], 1],
    [['dead-letters', 'export', '--out', join('nowhere', NASTY)], 1],
  ])('an error line that quotes it (%#)', async (args, code) => {
    const outcome = await run(...args);
    expect(outcome).toMatchObject({ code, stdout: '' });
    expect(outcome.stderr).toMatch(/^surehook: .+\n$/);
    expect(outcome.stderr).not.toMatch(UNSAFE);
  });

  it('the JSON of a command, whose meaning stays', async () => {
    for (const command of ['events', 'dead-letters']) {
      const { stdout } = await run(command, 'show', 'partner', failed, '--json');
      expect(stdout).not.toMatch(UNSAFE);
      expect(JSON.parse(stdout).payload).toEqual({
        ...{ event_id: failed, type: 'failing', text: NASTY },
        [`key ${NASTY}`]: [NASTY],
      });
    }
    const { stdout } = await run('dead-letters', 'summary', '--json');
    expect(stdout).not.toMatch(UNSAFE);
    const messages = JSON.parse(stdout).items.map((group: { message: string | null }) => group.message);
    expect(messages).toContainEqual(expect.stringContaining(`refused: ${ESC}[2J`));
  });

  it('the log of dev on a terminal, with what a handler logs and throws', () => {
    for (const text of ['said: ', 'field ', 'refused: ']) expect(dev.output).toContain(`${text}\\u001b[2J`);
    expect(dev.output).not.toMatch(/^\{/m); // the log for people, not JSON
    expect(dev.output).not.toMatch(UNSAFE);
  });
});
