// Tests what a webhook may hold: which bodies are JSON, and which event ids are accepted.
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { workflowIdOfEvent } from '../../src/contracts/event-key.ts';
import { signRequest } from '../../src/signatures/index.ts';
import { newId, SECRETS } from '../support/surehook.ts';
import { waitFor } from '../support/wait-for.ts';
import { describeTheEnd, expectProblem, Ingress, NEVER, toBody } from './ingress.ts';

let ingress: Ingress;

beforeAll(async () => {
  ingress = await Ingress.start(inject('temporalAddress'));
});
afterEach(() => ingress.expectHealthy());
afterAll(() => ingress.stop());

const good = toBody({ event_id: NEVER });

describe('a body', () => {
  it.each([
    ['a byte order mark', (id: string) => `\uFEFF${toBody({ event_id: id })}`],
    ['white space around it', (id: string) => ` \r\n${toBody({ event_id: id })}\n`],
    ['brackets in a string', (id: string) => toBody({ event_id: id, text: '["\\'.repeat(10_000) })],
    ['half of a surrogate pair', (id: string) => `{"event_id":"${id}","text":"\\ud83e"}`],
    ['keys of the prototype', (id: string) => `{"event_id":"${id}","__proto__":{"a":1},"constructor":{}}`],
    ['its id under the second key because the first is empty', (id: string) => toBody({ event_id: '', id })],
  ])('with %s is accepted', async (_, make) => {
    const id = newId();
    const answer = await ingress.send('partner', make(id));
    expect(answer.status).toBe(202);
    expect(JSON.parse(answer.text).event_id).toBe(id);
  });

  it.each<[name: string, body: string | Uint8Array<ArrayBuffer>]>([
    ['empty', ''],
    ['text', 'event_id=1'],
    ['cut off', good.slice(0, -1)],
    ['JSON with a comma too many', '{"event_id":"never-started",}'],
    ['two JSON values', '{"event_id":"never-started"}{}'],
    ['invalid UTF-8', Buffer.from('{"event_id":"never-started","x":"\xff\xfe"}', 'latin1')],
    ['UTF-16', Buffer.from(good, 'utf16le')],
    ['compressed', new Uint8Array(gzipSync(good))],
    ['arrays, 10,000 deep', `${'['.repeat(10_000)}${']'.repeat(10_000)}`],
    ['objects, 10,000 deep', `${'{"event_id":'.repeat(10_000)}1${'}'.repeat(10_000)}`],
    ['100,000 unclosed brackets', '['.repeat(100_000)],
  ])('that is %s is not JSON, if its content type says that it is', async (_, body) => {
    const answer = await ingress.send('partner', body, { 'content-type': 'application/json' });
    expectProblem(answer, 400, 'invalid_json');
  });

  it.each(['"x"', '1', 'true', 'null', '[]', '[{"event_id":"never-started"}]'])(
    'that is JSON but not an object has no event id: %s',
    async (body) => {
      expectProblem(await ingress.send('partner', body), 400, 'event_id_missing');
    },
  );
});

describe('an event id', () => {
  it.each<[name: string, id: unknown, shown: string]>([
    ['of 1,000 characters', 'x'.repeat(1_000), 'x'.repeat(1_000)],
    ['with a slash', 'a/b', 'a/b'],
    ['with a space', 'a b', 'a b'],
    ['of one space', ' ', ' '],
    ['with letters beyond ASCII', 'Zoë', 'Zoë'],
    ['with an emoji', 'evt_🪝', 'evt_🪝'],
    ['with a line break', 'evt_1\n', 'evt_1\n'],
    ['with a NUL', 'evt\0', 'evt\0'],
    ['with DEL', 'evt\x7f', 'evt\x7f'],
    ['that is a number', 42, '42'],
    ['that is zero', 0, '0'],
  ])('%s is accepted, known again, and found and listed under its id', async (_, event_id, shown) => {
    const type = newId('odd');
    const body = toBody({ event_id, type });
    // A server that earlier test runs have used may know the id.
    const first = await ingress.send('partner', body);
    expect([200, 202]).toContain(first.status);
    expect(JSON.parse(first.text).event_id).toBe(shown);
    expect((await ingress.send('partner', body)).status).toBe(200);
    const event = await ingress.surehook.event('partner', shown);
    expect(event).toMatchObject({ event_id: shown, payload: { event_id } });
    if (first.status !== 202) return;
    const list = async () =>
      JSON.parse((await ingress.operator(`/api/v1/events?source=partner&type=${type}`)).text).items;
    await waitFor(list, (items) => items.length === 1);
    expect(await list()).toMatchObject([{ event_id: shown }]);
  });

  it.each([
    ['a dot', '.', 'partner:%2E'],
    ['two dots', '..', 'partner:%2E%2E'],
    ['half of a surrogate pair', 'evt_\ud83e', /^partner:%~[0-9a-f]{64}$/],
  ])('that no path of a URL can carry is accepted: %s', async (_, event_id, workflowId) => {
    const { status, text } = await ingress.send('partner', toBody({ event_id }));
    expect([200, 202]).toContain(status);
    expect(JSON.parse(text).workflow_id).toEqual(
      typeof workflowId === 'string' ? workflowId : expect.stringMatching(workflowId),
    );
  });

  it('of over 1,024 bytes is refused', async () => {
    for (const event_id of ['x'.repeat(1_025), 'é'.repeat(513)])
      expectProblem(await ingress.send('partner', toBody({ event_id })), 400, 'event_id_invalid');
  });

  it.each([
    ['a boolean', false],
    ['an object', { id: 'x' }],
    ['an array', ['x']],
  ])('that is %s is none', async (_, event_id) => {
    expectProblem(await ingress.send('partner', toBody({ event_id })), 400, 'event_id_missing');
  });

  it.each([[''], [null], [undefined]])('of %j is missing', async (event_id) => {
    expectProblem(await ingress.send('partner', toBody({ event_id })), 400, 'event_id_missing');
  });

  it('in a header is missing without the header', async () => {
    const headers = signRequest({
      scheme: 'github',
      secret: SECRETS.GITHUB_SECRET,
      rawBody: Buffer.from(good),
    });
    expectProblem(await ingress.post('github', good, headers), 400, 'event_id_missing');
  });

  it('with any other visible ASCII is accepted, found under its id, and listed', async () => {
    const type = newId('odd');
    const odd = [
      `'"\``,
      '\\',
      '100%',
      '%2F',
      'a:b',
      '#',
      '?x=1&y',
      '...',
      '__proto__',
      'constructor',
      '~!@$^*()[]{}<>|;,+=',
    ];
    const ids = [...odd, 'x'.repeat(158)].map((id) =>
      id.startsWith('_') || id === 'constructor' ? id : id + newId(),
    );
    for (const event_id of ids) {
      // A server that earlier test runs have used may know the two ids that are the same in each run.
      expect([200, 202]).toContain((await ingress.send('partner', toBody({ event_id, type }))).status);
      const event = await ingress.surehook.event('partner', event_id);
      expect(event).toMatchObject({
        event_id,
        workflow_id: workflowIdOfEvent('partner', event_id),
        payload: { event_id },
      });
    }
    const list = async () => {
      const { text } = await ingress.operator(`/api/v1/events?source=partner&type=${type}`);
      return JSON.parse(text).items.map((item: { event_id: string }) => item.event_id);
    };
    const fresh = ids.filter((id) => ingress.accepted.has(workflowIdOfEvent('partner', id)));
    await waitFor(list, (listed) => listed.length === fresh.length);
    expect((await list()).sort()).toEqual(fresh.sort());
  });
});

describeTheEnd(() => ingress);
