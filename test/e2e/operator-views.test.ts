// Tests what an operator sees: digits, times, names, summaries, Temporal's own lists, and the id of a corrected body.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { runSurehook } from '../support/command.ts';
import { DeadLetters } from '../support/dead-letters.ts';
import { Receiver } from '../support/receiver.ts';
import { DATA_CONVERTER, newId, Surehook, signHmac, TOKEN } from '../support/surehook.ts';
import { waitFor } from '../support/wait-for.ts';

const NUMBERS = '"order_id":820982911946154508,"huge":1e400,"price":1.0,"zero":-0';
const folder = mkdtempSync(join(tmpdir(), 'surehook-views-'));
let receiver: Receiver;
let surehook: Surehook;
let letters: DeadLetters;
let client: Client;

beforeAll(async () => {
  receiver = await Receiver.start();
  surehook = await Surehook.start({
    role: 'serve',
    temporalAddress: inject('temporalAddress'),
    taskQueue: 'operator-views',
    env: { RECEIVER_URL: receiver.url },
  });
  letters = new DeadLetters(surehook, receiver);
  const connection = await Connection.connect({ address: inject('temporalAddress') });
  client = new Client({ connection, dataConverter: DATA_CONVERTER });
});

afterAll(async () => {
  await client.connection.close();
  await surehook.stop();
  await receiver.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function run(...args: string[]) {
  const env = { SUREHOOK_OPERATOR_URL: surehook.operatorUrl, SUREHOOK_OPERATOR_TOKEN: TOKEN };
  return await runSurehook(args, env);
}

/** Makes a dead letter whose payload has numbers that JavaScript would write otherwise. */
async function failWithNumbers(): Promise<string> {
  const event_id = newId();
  receiver.script('/handler', event_id, [422, 200]);
  const body = `{"event_id":"${event_id}","type":"both","name":"first",${NUMBERS}}`;
  expect((await surehook.post('partner', body, signHmac(body))).status).toBe(202);
  await letters.untilListed(event_id);
  return event_id;
}

const spaced = NUMBERS.replaceAll('":', '": ').split(',');

describe('a payload is shown digit for digit', () => {
  let event_id: string;
  beforeAll(async () => {
    event_id = await failWithNumbers();
  });

  it.each(['events', 'dead-letters'])('by the API and the command of %s', async (kind) => {
    const answer = await (await surehook.operator(`/api/v1/${kind}/partner/${event_id}`)).text();
    expect(answer).toContain(NUMBERS);
    for (const options of [[], ['--json']]) {
      const { stdout } = await run(kind, 'show', 'partner', event_id, ...options);
      for (const member of spaced) expect(stdout).toContain(member);
    }
  });

  it('by the export', async () => {
    const out = join(folder, 'export.ndjson');
    expect((await run('dead-letters', 'export', '--source', 'partner', '--out', out)).code).toBe(0);
    const line = readFileSync(out, 'utf8')
      .split('\n')
      .find((text) => text.includes(event_id));
    expect(line).toContain(NUMBERS);
  });

  it('and resent so, with a correction that an operator has made from what was shown', async () => {
    const { stdout } = await run('events', 'show', 'partner', event_id);
    const shown = stdout.slice(stdout.indexOf('Payload:') + 'Payload:'.length);
    const file = join(folder, 'corrected.json');
    writeFileSync(file, shown.replace('"first"', '"corrected"'));
    const replayed = await run('dead-letters', 'replay', 'partner', event_id, '--payload', file);
    expect(replayed).toMatchObject({ code: 0, stderr: '' });
    const [request] = await waitFor(
      () => receiver.of(event_id, '/first'),
      (got) => got.length > 0,
    );
    expect(request?.body.toString()).toContain(NUMBERS);
  });
});

it('a corrected body has a webhook-id of its own, which later replays of it keep', async () => {
  const event_id = newId();
  receiver.script('/second', event_id, [500, 500, 500, 500, 500, 500, 200]);
  await surehook.send({ event_id, type: 'both', name: 'first' });
  await letters.untilListed(event_id);
  const payload = { event_id, type: 'both', name: 'corrected' };
  expect((await letters.replay(event_id, { payload })).status).toBe(202);
  await waitFor(() => receiver.of(event_id, '/second').length >= 6);
  await letters.untilListed(event_id);
  expect((await letters.replay(event_id)).status).toBe(202);
  const isProcessed = ({ status }: { status: string }) => status === 'processed';
  await surehook.untilEvent('partner', event_id, isProcessed);
  const ids = receiver.of(event_id, '/second').map(({ headers }) => headers['webhook-id']);
  expect(ids).toHaveLength(7);
  expect(new Set(ids.slice(0, 3)).size).toBe(1);
  expect(new Set(ids.slice(3)).size).toBe(1);
  expect(ids[3]).not.toBe(ids[0]);
});

describe('a time or a name that cannot be', () => {
  it.each([
    [['--since', '5'], '--since: expected a time such as'],
    [['--until', '2026-02-30'], '--until: expected a time such as'],
    [['--source', 'typo'], 'source: there is no source typo; there are: partner, '],
    [['--step', 'deliver:typo'], 'step: there is no endpoint typo; there are: first, '],
    [['--step', 'handle'], 'step: expected handler, or deliver:<endpoint>'],
  ])('is refused in one line by every command that has the filter: %j', async (filter, fault) => {
    for (const args of [
      ['list'],
      ['count'],
      ['summary'],
      ['export'],
      ['replay', '--dry-run'],
      ['discard', '--reason', 'a test', '--dry-run'],
    ]) {
      const outcome = await run('dead-letters', ...args, ...filter);
      expect(outcome, args.join(' ')).toMatchObject({ code: 2, stdout: '' });
      expect(outcome.stderr).toMatch(/^surehook: [^\n]+\n$/);
      expect(outcome.stderr).toContain(fault);
    }
  });

  it('is refused by the list of events, and by its API', async () => {
    expect((await run('events', 'list', '--source', 'typo')).stderr).toContain('there is no source typo');
    for (const query of ['since=5', 'until=2026-02-30T00:00:00Z', 'source=typo']) {
      expect((await surehook.operator(`/api/v1/events?${query}`)).status, query).toBe(400);
    }
    expect((await run('events', 'show', 'typo', 'x')).stderr).toContain('there are: partner, ');
  });

  it('is taken by the API as by the commands: an age, or UTC without an offset', async () => {
    for (const since of ['1d', '90s', '2026-01-31T12:00:00']) {
      expect((await surehook.operator(`/api/v1/events?since=${since}`)).status, since).toBe(200);
    }
  });

  it('is taken if only the data know it', async () => {
    const source = newId('gone').toLowerCase();
    const { SEARCH_ATTRIBUTES } = await import('../../src/contracts/search-attributes.ts');
    const handle = await client.workflow.start('processEvent', {
      ...{ workflowId: `${source}:x`, taskQueue: 'nobody', args: [] },
      typedSearchAttributes: [{ key: SEARCH_ATTRIBUTES.source, value: source }],
    });
    await waitFor(async () => (await surehook.operator(`/api/v1/events?source=${source}`)).status === 200);
    await handle.terminate();
  });
});

it('thirty failures of one cause are one line of the summary', async () => {
  const type = newId('type');
  const source = 'batch';
  const ids = Array.from({ length: 30 }, () => newId());
  for (const id of ids) receiver.script('/handler', id, [422]);
  await Promise.all(ids.map((event_id) => surehook.send({ event_id, type }, source)));
  await waitFor(async () => (await letters.count({ source, type })) === 30);
  const { body } = await letters.get(`/api/v1/dead-letters/summary?source=${source}&type=${type}`);
  expect(body).toMatchObject({ dead_letters: 30, complete: true });
  const [group, ...others] = body.items as Record<string, unknown>[];
  expect(others).toEqual([]);
  expect(group).toMatchObject({ source, event_type: type, step: 'handler', count: 30 });
  expect(group).toMatchObject({ error: 'handler:PermanentError', message: 'the receiver says never' });
  expect(ids).toContain((group as { example: { event_id: string } }).example.event_id);
  expect(Date.parse(group?.first as string)).toBeLessThanOrEqual(Date.parse(group?.last as string));
  const { stdout } = await run('dead-letters', 'summary', '--source', source, '--type', type);
  expect(stdout.trim().split('\n')).toHaveLength(2);
  expect(stdout).toMatch(/^30 +batch +.*handler:PermanentError .*the receiver says never$/m);
});

describe("in Temporal's own tools", () => {
  const temporal = async (...args: string[]) =>
    (await promisify(execFile)(inject('temporalCliPath'), [...args, '--address', inject('temporalAddress')]))
      .stdout;

  it('the list of workflows has events and no machinery, unless it names the division', async () => {
    const event_id = await letters.make();
    const list = async (query: string) => await temporal('workflow', 'list', '--query', query);
    const ofEvent = `WorkflowId IN ('partner:${event_id}', 'dead-letter:partner:${event_id}')`;
    const plain = await list(ofEvent);
    expect(plain).toContain(` partner:${event_id} `);
    expect(plain).not.toContain('dead-letter:');
    expect(await list(`${ofEvent} AND TemporalNamespaceDivision = 'surehook'`)).toContain('dead-letter:');
  });

  it('a failed event and its dead letter say what failed, why, and the command that mends it', async () => {
    const event_id = await letters.make();
    const mends = `surehook dead-letters replay partner ${event_id}`;
    const failed = client.workflow.getHandle(`partner:${event_id}`);
    const { currentDetails } = await failed.query<{ currentDetails: string }>('__temporal_workflow_metadata');
    const deadLetter = client.workflow.getHandle(`dead-letter:partner:${event_id}`);
    const staticDetails = await (await deadLetter.describe()).staticDetails();
    for (const details of [currentDetails, staticDetails]) {
      expect(details).toContain('handler failed after 1 attempt: handler:PermanentError');
      expect(details).toContain('the receiver says never');
      expect(details).toContain(mends);
    }
  });
});
