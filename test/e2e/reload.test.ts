// Tests that a changed config is taken over without a restart: by `dev` when a file changes, by the other roles on SIGHUP.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { Receiver } from '../support/receiver.ts';
import { type Event, newId, Surehook, signHmac } from '../support/surehook.ts';
import { waitFor } from '../support/wait-for.ts';

const INDEX = new URL('../../dist/index.js', import.meta.url).href;
const isClosed = ({ status }: Event) => status === 'processed' || status === 'failed';

let receiver: Receiver;
let folder: string;

/** A config whose handler, in a file of its own, returns the version, and after a second in the type `slow`. */
function write({ version, path = '/first', retry = '[]', broken = false }: Record<string, unknown>): void {
  writeFileSync(
    join(folder, 'handlers.ts'),
    broken
      ? 'export const handle = (: syntax error;\n'
      : `export const handle = async (event: { type: string }) => {
           if (event.type === 'slow') await new Promise((resolve) => setTimeout(resolve, 1_000));
           return ${JSON.stringify(version)};
         };\n`,
  );
  writeFileSync(
    join(folder, 'surehook.config.ts'),
    `import { defineConfig, secret } from '${INDEX}';
     import { handle } from './handlers.ts';
     export default defineConfig({
       sources: { partner: {
         verify: { scheme: 'hmac', secrets: [secret('PARTNER_SECRET')] },
         handlers: { '*': handle }, retry: ${retry}, forwardTo: { sent: ['first'] } } },
       endpoints: { first: { url: '${receiver.url}${path}', secrets: [secret('ENDPOINT_SECRET')] } },
     });\n`,
  );
}

beforeAll(async () => {
  receiver = await Receiver.start();
  folder = mkdtempSync(join(tmpdir(), 'surehook-reload-'));
});
beforeEach(() => write({ version: 'one' }));
afterAll(async () => {
  await receiver.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function start(): Promise<Surehook> {
  return await Surehook.start({
    role: 'serve',
    temporalAddress: inject('temporalAddress'),
    taskQueue: newId('queue'),
    env: { SUREHOOK_CONFIG: join(folder, 'surehook.config.ts') },
  });
}

async function handle(surehook: Surehook, type = 'any'): Promise<unknown> {
  const event_id = newId();
  expect((await surehook.send({ event_id, type })).status).toBe(202);
  return (await surehook.untilEvent('partner', event_id, isClosed)).handler?.result;
}

const linesOf = (surehook: Surehook, text: string) =>
  surehook.logLines().filter(({ msg }) => String(msg).includes(text));

describe('SIGHUP', () => {
  it('brings new handlers and endpoints; an attempt that is running ends on the old code', async () => {
    const surehook = await start();
    expect(await handle(surehook)).toBe('one');
    const slow = newId();
    expect((await surehook.send({ event_id: slow, type: 'slow' })).status).toBe(202);
    write({ version: 'two', path: '/second' });
    surehook.child.kill('SIGHUP');
    await waitFor(() => linesOf(surehook, 'the config was read anew').length === 1);
    expect(await handle(surehook)).toBe('two');
    const sent = newId();
    await surehook.send({ event_id: sent, type: 'sent' });
    await surehook.untilEvent('partner', sent, isClosed);
    expect(receiver.of(sent).map(({ path }) => path)).toEqual(['/second']);
    const old = await surehook.untilEvent('partner', slow, isClosed);
    expect(old).toMatchObject({
      status: 'processed',
      handler: { attempts: [{ attempt: 1 }], result: 'one' },
    });
    expect(await surehook.stop()).toBe(0);
  });

  it('with a config that is refused changes nothing, and the log names the file and the fault', async () => {
    const surehook = await start();
    write({ version: 'two', broken: true });
    surehook.child.kill('SIGHUP');
    const [line] = await waitFor(
      () => linesOf(surehook, 'the config is refused'),
      (lines) => lines.length > 0,
    );
    expect(line).toMatchObject({ level: 'error', error: expect.stringMatching(/handlers\.ts line 1: /) });
    expect(await handle(surehook)).toBe('one');
    write({ version: 'two', retry: "'often'" });
    surehook.child.kill('SIGHUP');
    const [, second] = await waitFor(
      () => linesOf(surehook, 'the config is refused'),
      (lines) => lines.length > 1,
    );
    expect(second).toMatchObject({ error: expect.stringContaining('sources.partner.retry') });
    expect(await handle(surehook)).toBe('one');
    await surehook.stop();
  });
});

describe('SIGHUP, with secrets in files,', () => {
  const files = { PARTNER_SECRET: 'partner', ENDPOINT_SECRET: 'endpoint' };
  const at = (name: string) => join(folder, `${name}.secret`);
  const env = () => ({
    SUREHOOK_CONFIG: join(folder, 'surehook.config.ts'),
    ...Object.fromEntries(
      Object.entries(files).flatMap(([name, file]) => [
        [name, ''],
        [`${name}_FILE`, at(file)],
      ]),
    ),
  });
  const [old, fresh] = ['the-old-secret-of-a-side', 'the-new-secret-of-a-side'];
  const giveAll = (value: string) => {
    for (const file of Object.values(files)) writeFileSync(at(file), `${value}\n`);
  };
  const sendWith = async (to: Surehook, secret: string, event_id = newId(), type = 'any') => {
    const body = JSON.stringify({ event_id, type });
    return (await to.post('partner', body, signHmac(body, secret))).status;
  };
  const hup = async (surehook: Surehook, line: string) => {
    const before = linesOf(surehook, line).length;
    surehook.child.kill('SIGHUP');
    const lines = await waitFor(
      () => linesOf(surehook, line),
      (found) => found.length > before,
    );
    return lines.at(-1);
  };

  it('gives an API and a worker the new ones, and one line names them', async () => {
    giveAll(old);
    const common = { temporalAddress: inject('temporalAddress'), taskQueue: newId('queue'), env: env() };
    const both = await Promise.all([
      Surehook.start({ role: 'api', ...common }),
      Surehook.start({ role: 'worker', ...common }),
    ]);
    const [api] = both;
    expect(await sendWith(api, old)).toBe(202);
    expect(await sendWith(api, fresh)).toBe(401);
    giveAll(fresh);
    for (const one of both) {
      const line = await hup(one, 'the config was read anew');
      expect(line?.changed_secrets).toEqual(['PARTNER_SECRET', 'ENDPOINT_SECRET']);
      expect(one.output).not.toContain(fresh);
    }
    expect(await sendWith(api, old)).toBe(401);
    const sent = newId();
    expect(await sendWith(api, fresh, sent, 'sent')).toBe(202);
    const [delivery] = await waitFor(
      () => receiver.of(sent),
      (all) => all.length > 0,
    );
    const signature = signHmac(delivery?.body ?? '', fresh)['x-webhook-signature'];
    expect(delivery?.headers['x-webhook-signature']).toBe(signature);
    await Promise.all(both.map((one) => one.stop()));
  });

  it('names one that is missing or unusable, and all the old ones go on', async () => {
    giveAll(old);
    const surehook = await Surehook.start({
      role: 'serve',
      temporalAddress: inject('temporalAddress'),
      taskQueue: newId('queue'),
      env: env(),
    });
    giveAll(fresh);
    writeFileSync(at(files.ENDPOINT_SECRET), '');
    expect((await hup(surehook, 'the config is refused'))?.error).toMatch(
      /^missing secret ENDPOINT_SECRET: /,
    );
    writeFileSync(at(files.ENDPOINT_SECRET), '"quoted-secret-of-a-side"');
    expect((await hup(surehook, 'the config is refused'))?.error).toMatch(
      /^unusable secret: ENDPOINT_SECRET \(endpoints\.first\.secrets\): the secret stands in quotes/,
    );
    expect(await sendWith(surehook, fresh)).toBe(401);
    expect(await sendWith(surehook, old)).toBe(202);
    await surehook.stop();
  });
});

it('surehook dev takes a secret that changes in .env', async () => {
  const cwd = mkdtempSync(join(folder, 'dev-'));
  const dotEnv = (secret: string) => writeFileSync(join(cwd, '.env'), `PARTNER_SECRET=${secret}\n`);
  dotEnv('the-first-secret-in-dotenv');
  const dev = Surehook.spawn(
    ['dev'],
    {
      SUREHOOK_STATE_DIR: join(folder, 'state'),
      SUREHOOK_CONFIG: join(folder, 'surehook.config.ts'),
      TEMPORAL_ADDRESS: inject('temporalAddress'),
      SUREHOOK_TASK_QUEUE: newId('queue'),
      SUREHOOK_OPERATOR_TOKEN: 'operator-token-of-the-tests',
      PORT: '0',
      OPERATOR_PORT: '0',
    },
    { cwd },
  );
  const send = async (secret: string) => {
    const body = JSON.stringify({ event_id: newId() });
    return (await dev.post('partner', body, signHmac(body, secret))).status;
  };
  try {
    await dev.untilUp();
    expect(await send('the-first-secret-in-dotenv')).toBe(202);
    dotEnv('the-second-secret-in-dotenv');
    await waitFor(async () => (await send('the-second-secret-in-dotenv')) === 202);
    expect(await send('the-first-secret-in-dotenv')).toBe(401);
  } finally {
    await dev.stop();
  }
});

it('surehook dev takes a change of a file that the config imports, even after one that it refused', async () => {
  const dev = Surehook.spawn(['dev'], {
    SUREHOOK_STATE_DIR: join(folder, 'state'),
    SUREHOOK_CONFIG: join(folder, 'surehook.config.ts'),
    TEMPORAL_ADDRESS: inject('temporalAddress'),
    SUREHOOK_TASK_QUEUE: newId('queue'),
    SUREHOOK_OPERATOR_TOKEN: 'operator-token-of-the-tests',
    PORT: '0',
    OPERATOR_PORT: '0',
    PARTNER_SECRET: 'partner-secret-1',
  });
  try {
    await dev.untilUp();
    const results = async () => await handle(dev);
    expect(await results()).toBe('one');
    write({ version: 'two', broken: true });
    await waitFor(() => linesOf(dev, 'the config is refused').length > 0);
    expect(await results()).toBe('one');
    write({ version: 'three' });
    await waitFor(async () => (await results()) === 'three');
  } finally {
    await dev.stop();
  }
});
