// Tests `surehook dead-letters` and its export, pages of the list while entries come and go, and killed workers.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { PROCESS_EVENT, type ProcessEventInput } from '../../src/contracts/event.ts';
import { deadLetterIdOf } from '../../src/contracts/ids.ts';
import { startRerun } from '../../src/events/start-run.ts';
import { RawBody } from '../../src/payloads/raw-body.ts';
import type { Temporal } from '../../src/temporal/connection.ts';
import { folder, runSurehook } from '../support/command.ts';
import { DeadLetters } from '../support/dead-letters.ts';
import { Receiver } from '../support/receiver.ts';
import { DATA_CONVERTER, newId, Surehook, TOKEN } from '../support/surehook.ts';
import { waitFor } from '../support/wait-for.ts';

const OTHER_KEY = `k2:${Buffer.alloc(32, 'k2').toString('base64')}`;
let receiver: Receiver;
let connection: Connection;
let client: Client;
const running: Surehook[] = [];

const start = async (
  role: 'serve' | 'api' | 'worker',
  taskQueue: string,
  env: Record<string, string> = {},
) => {
  const temporalAddress = inject('temporalAddress');
  const surehook = await Surehook.start({
    role,
    temporalAddress,
    taskQueue,
    env: { RECEIVER_URL: receiver.url, ...env },
  });
  running.push(surehook);
  return surehook;
};

beforeAll(async () => {
  receiver = await Receiver.start();
  connection = await Connection.connect({ address: inject('temporalAddress') });
  client = new Client({ connection, dataConverter: DATA_CONVERTER });
});

afterAll(async () => {
  await Promise.all(running.map((surehook) => surehook.stop()));
  await connection.close();
  await receiver.stop();
});

describe('surehook dead-letters', () => {
  let letters: DeadLetters;
  const run = async (...args: string[]) => {
    const env = { SUREHOOK_OPERATOR_URL: letters.surehook.operatorUrl, SUREHOOK_OPERATOR_TOKEN: TOKEN };
    const { code, stdout, stderr } = await runSurehook(['dead-letters', ...args], env);
    return { code, text: `${stdout}${stderr}` };
  };

  beforeAll(async () => {
    letters = new DeadLetters(await start('serve', 'dead-letter-commands'), receiver);
  });

  it('prints that no dead letters match', async () => {
    expect(await run('list', '--source', 'small')).toEqual({ code: 0, text: 'No dead letters match.\n' });
    expect(await run('count', '--source', 'small')).toEqual({ code: 0, text: '0\n' });
    expect(await run('export', '--source', 'small')).toEqual({ code: 0, text: '' });
    expect(await run('show', 'small', 'x')).toEqual({
      code: 1,
      text: 'surehook: there is no event x of source small\n',
    });
  });

  it('lists, counts, shows, replays and discards', async () => {
    const event_id = await letters.make(newId(), 'handled');
    const listed = await run('list', '--source', 'partner', '--error', 'handler:PermanentError');
    expect(listed.text).toMatch(/^FAILED +SOURCE +EVENT ID +TYPE +STEP +ERROR +ATTEMPTS$/m);
    expect(listed.text).toMatch(
      new RegExp(`^\\S+Z +partner +${event_id} +handled +handler +handler:PermanentError +1$`, 'm'),
    );
    expect((await run('count', '--source', 'partner', '--since', '1d')).text).toMatch(/^[1-9]\d*\n$/);
    const shown = await run('show', 'partner', event_id);
    expect(shown.text).toContain('handler: handler:PermanentError after 1 attempt');
    expect(shown.text).toContain('PermanentError: the receiver says never');
    expect(shown.text).toContain('main.config.ts');
    const payload = join(folder, 'payload.json');
    expect((await run('replay', 'partner', event_id, '--payload', payload)).text).toMatch(
      /^surehook: --payload: /,
    );
    const replayed = await run('replay', 'partner', event_id, '--from', 'start');
    expect([replayed.code, replayed.text]).toEqual([0, expect.stringContaining('Runs again as ')]);
    await letters.surehook.untilEvent('partner', event_id, ({ status }) => status === 'processed');
    const again = await run('replay', 'partner', event_id);
    expect(again).toEqual({
      code: 1,
      text: `surehook: event ${event_id} of source partner is no dead letter: it is processed\n`,
    });
    const other = await letters.make(newId(), 'handled');
    expect((await run('discard', 'partner', other)).text).toContain("'--reason <text>' not specified");
    expect((await run('discard', 'partner', other, '--reason', 'a test')).code).toBe(0);
    await waitFor(async () => !(await letters.isListed(other)));
  });

  it('exports whole dead letters, one on each line', async () => {
    const type = newId('type');
    const ids = [await letters.make(newId(), type, 'once'), await letters.make(newId(), type, 'once')];
    const listed = await waitFor(
      () => letters.list({ source: 'once', type }),
      (items) => items.every(({ expires_at }) => expires_at !== null),
    );
    const out = join(folder, 'letters.ndjson');
    const { text } = await run('export', '--source', 'once', '--type', type, '--out', out);
    expect(text).toMatch(/^2 dead letters written to /);
    const lines = readFileSync(out, 'utf8').trimEnd().split('\n');
    const exported = lines.map((line) => JSON.parse(line));
    expect(exported.map(({ event_id }) => event_id)).toEqual(ids.toReversed());
    expect(exported[0]).toMatchObject({
      payload: { event_id: ids[1] },
      handler: { attempts: [{ error: 'handler:PermanentError' }] },
      failed: { steps: [{ step: 'handler' }] },
      expires_at: listed[0]?.expires_at,
    });
    expect((await run('export', '--source', 'once', '--type', type)).text).toBe(readFileSync(out, 'utf8'));
  });

  it('says of an export that fails whether the file or the operator API is at fault', async () => {
    const out = join(folder, 'no', 'such', 'folder');
    const intoNothing = await run('export', '--out', out);
    expect(intoNothing.code).toBe(1);
    expect(intoNothing.text).toMatch(/^surehook: --out: the export is incomplete: ENOENT.+\n$/);
    const api = createServer((_request, response) => {
      response.write('{"event_id":"evt_1"}\n', () => response.destroy());
    }).listen(0, '127.0.0.1');
    await once(api, 'listening');
    const env = {
      SUREHOOK_OPERATOR_URL: `http://127.0.0.1:${(api.address() as AddressInfo).port}`,
      SUREHOOK_OPERATOR_TOKEN: TOKEN,
    };
    for (const options of [['--out', join(folder, 'cut.ndjson')], []]) {
      const { code, stderr } = await runSurehook(['dead-letters', 'export', ...options], env);
      expect(code).toBe(1);
      expect(stderr).toMatch(
        /^surehook: the export is incomplete: the operator API ended its answer early: .+\n$/,
      );
    }
    api.close();
  });

  it('logs no error if a reader of the export leaves', async () => {
    const { surehook } = letters;
    const type = newId('type');
    const pad = 'x'.repeat(900_000);
    for (let i = 0; i < 8; i += 1) {
      const event_id = newId();
      receiver.script('/handler', event_id, [422]);
      expect((await surehook.send({ event_id, type, pad }, 'once')).status).toBe(202);
    }
    await waitFor(async () => (await letters.count({ source: 'once', type })) === 8);
    const url = `${surehook.operatorUrl}/api/v1/dead-letters/export?source=once&type=${type}`;
    const reading = get(url, { headers: { authorization: `Bearer ${TOKEN}` } });
    const [response] = await once(reading, 'response');
    await once(response, 'data');
    response.destroy();
    await waitFor(() =>
      surehook.logLines().some(({ msg }) => msg === 'export ended early: its reader has left'),
    );
    expect(surehook.logLines().filter(({ msg }) => msg === 'request failed')).toEqual([]);
  });

  it('exports a dead letter that cannot be decrypted as a line with the error, and goes on', async () => {
    const event_id = await letters.make(newId(), 'any', 'slow');
    const blind = await start('api', 'dead-letter-commands', { SUREHOOK_ENCRYPTION_KEYS: OTHER_KEY });
    const text = await (await blind.operator('/api/v1/dead-letters/export?source=slow')).text();
    const line = text.split('\n').find((candidate) => candidate.includes(event_id));
    expect(JSON.parse(line ?? '')).toMatchObject({
      source: 'slow',
      event_id,
      error: expect.stringContaining("key 'k1'"),
    });
    const unread = new DeadLetters(blind, receiver);
    expect((await unread.list({ source: 'slow' })).find((item) => item.event_id === event_id)).toMatchObject({
      failed_steps: ['handler'],
      error: null,
    });
    expect(await letters.isListed(event_id, 'slow')).toBe(true);
  });

  it('pages of the list stay right while entries come and go', async () => {
    const ids: string[] = [];
    for (let i = 0; i < 5; i += 1) ids.unshift(await letters.make(newId(), 'paged', 'slow'));
    const of = (items: { event_id: string }[]) => items.map(({ event_id }) => event_id);
    const first = await letters.page({ source: 'slow', type: 'paged', limit: '2' });
    expect(of(first.items)).toEqual(ids.slice(0, 2));
    await letters.replay(ids[0] as string, {}, 'slow');
    const late = await letters.make(newId(), 'paged', 'slow');
    const second = await letters.page({
      source: 'slow',
      type: 'paged',
      limit: '2',
      cursor: first.next_cursor ?? '',
    });
    expect(of(second.items)).toEqual(ids.slice(2, 4));
    await waitFor(
      async () => of((await letters.page({ source: 'slow', type: 'paged', limit: '2' })).items).join(),
      (page) => page === [late, ids[1]].join(),
    );
  });

  it.each(['limit=0', 'cursor=x', 'since=yesterday', 'status=failed', 'step=', 'source=A'])(
    'the list refuses %s',
    async (query) => {
      expect(await letters.get(`/api/v1/dead-letters?${query}`)).toMatchObject({
        status: 400,
        body: { code: 'invalid_parameter' },
      });
    },
  );

  it('a corrected payload must fit the schema and the size limit of the source', async () => {
    const event_id = newId();
    for (const [body, code] of [
      [{ payload: { amount: -1 } }, 'invalid_payload'],
      [{ payload: 1, from: 'middle' }, 'bad_request'],
      [{ reason: 'x' }, 'bad_request'],
    ] as const) {
      expect((await letters.replay(event_id, body, 'strict')).body.code).toBe(code);
    }
    const large = { payload: { text: 'x'.repeat(2_000) } };
    expect((await letters.replay(event_id, large, 'small')).body.code).toBe('payload_too_large');
  });

  it('a second rerun of the same failed run starts nothing, even if the first rerun has failed', async () => {
    const event_id = await letters.make(newId(), 'handled');
    receiver.script('/handler', event_id, [422]);
    const { run_id: of } = (await letters.show(event_id)).body;
    expect((await letters.replay(event_id)).status).toBe(202);
    const { run_id } = await letters.surehook.untilEvent(
      'partner',
      event_id,
      (event) => event.run_id !== of && event.status === 'failed',
    );
    const deps = { temporal: { client } as Temporal, taskQueue: 'dead-letter-commands', eager: false };
    const { source, event_type, received_at, headers } = await letters.surehook.event('partner', event_id);
    const at = new Date().toISOString();
    const input = {
      source,
      event_id,
      event_type,
      received_at,
      headers,
      steps: [],
    } satisfies ProcessEventInput;
    const body = new RawBody(Buffer.from('{}'), 'json/plain');
    const late = { ...input, rerun: { of, how: 'replayed' as const, at } };
    expect(await startRerun(deps, late, body)).toBeUndefined();
    const { runId, type } = await client.workflow.getHandle(`partner:${event_id}`).describe();
    expect([runId, type]).toEqual([run_id, PROCESS_EVENT]);
  });
});

describe('without workers', () => {
  it('a dead letter whose worker is killed before opening it is opened by another worker', async () => {
    const taskQueue = 'dead-letter-killed';
    const api = await start('api', taskQueue);
    const worker = await start('worker', taskQueue);
    const letters = new DeadLetters(api, receiver);
    const event_id = newId();
    const id = deadLetterIdOf(`partner:${event_id}`);
    // Another workflow has the dead letter's id, so the failed run cannot open its dead letter.
    const blocker = await client.workflow.start('blocker', { workflowId: id, taskQueue: 'nobody' });
    receiver.script('/handler', event_id, [422, 200]);
    await api.send({ event_id, type: 'handled' });
    await waitFor(async () => {
      const { historyLength } = await client.workflow.getHandle(`partner:${event_id}`).describe();
      return historyLength > 12;
    });
    expect(await worker.stop('SIGKILL')).toBe('SIGKILL');
    await blocker.terminate('out of the way');
    expect(await letters.isListed(event_id)).toBe(false);
    const other = await start('worker', taskQueue);
    await letters.untilListed(event_id);
    expect(receiver.of(event_id, '/handler').length).toBe(1);

    // Without any worker a replay takes the dead letter off the list, and the next worker carries it out.
    await other.stop();
    expect((await letters.replay(event_id)).status).toBe(202);
    await waitFor(async () => !(await letters.isListed(event_id)));
    expect(await letters.replay(event_id)).toMatchObject({ status: 409, body: { code: 'not_dead_letter' } });
    await start('worker', taskQueue);
    await api.untilEvent('partner', event_id, ({ status }) => status === 'processed');
    expect(await client.workflow.getHandle(id).result()).toMatchObject({ how: 'replayed' });
  });
});
