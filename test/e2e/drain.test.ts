// Tests SIGTERM under load, as at a deploy: no sender sees a failure, no attempt is cut off, no event is handled twice.
import { once } from 'node:events';
import { Agent, request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, inject, it } from 'vitest';
import { Receiver } from '../support/receiver.ts';
import { newId, type StartOptions, Surehook, signHmac } from '../support/surehook.ts';
import { waitFor } from '../support/wait-for.ts';

let receiver: Receiver;
let started: Surehook[] = [];

const start = async (role: StartOptions['role'], taskQueue: string) => {
  const env = { RECEIVER_URL: receiver.url };
  const surehook = await Surehook.start({ role, taskQueue, temporalAddress: inject('temporalAddress'), env });
  started.push(surehook);
  return surehook;
};

beforeAll(async () => {
  receiver = await Receiver.start();
});

afterEach(async () => {
  await Promise.all(started.map((surehook) => surehook.stop('SIGKILL')));
  started = [];
});

afterAll(() => receiver.stop());

/** Process managers such as Docker kill a process that has not stopped after 10 s. */
const STOPS_WITHIN_MS = 10_000;

async function terminate(surehook: Surehook): Promise<void> {
  const begun = Date.now();
  expect(await surehook.stop('SIGTERM')).toBe(0);
  expect(Date.now() - begun).toBeLessThan(STOPS_WITHIN_MS);
}

/** Several clients, each sending event after event over a kept connection to the first target that accepts it. */
class Load {
  readonly ids: string[] = [];
  /**
   * Every answer but 202, and every error but a refused connection, for which a load balancer turns to another
   * process.
   */
  readonly failures: string[] = [];
  refused = 0;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #clients: Promise<void>[];
  #isOver = false;

  constructor(targets: Surehook[], type: string, clients = 6) {
    this.#clients = Array.from({ length: clients }, () => this.#run(targets, type));
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#clients);
    this.#agent.destroy();
  }

  async #run(targets: Surehook[], type: string): Promise<void> {
    while (!this.#isOver) {
      const event_id = newId();
      this.ids.push(event_id);
      await this.#send(targets, JSON.stringify({ event_id, type }));
    }
  }

  async #send(targets: Surehook[], body: string): Promise<void> {
    for (const { publicUrl } of targets) {
      const answer = await post(`${publicUrl}/webhooks/partner`, body, this.#agent);
      if (answer === 202) return;
      if (answer === 'ECONNREFUSED') this.refused += 1;
      else this.failures.push(`${answer} for ${body}`);
    }
    this.failures.push(`no target accepted ${body}`);
  }
}

function post(url: string, body: string, agent: Agent): Promise<number | string> {
  return new Promise((resolve) => {
    const headers = { 'content-type': 'application/json', ...signHmac(body) };
    const request = httpRequest(url, { method: 'POST', headers, agent }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode ?? 0));
    });
    request.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    request.end(body);
  });
}

async function expectAllHandledOnce(surehook: Surehook, ids: string[]): Promise<void> {
  for (const id of ids) {
    const event = await surehook.untilEvent('partner', id, ({ closed_at }) => closed_at !== null);
    expect(event).toMatchObject({ status: 'processed', handler: { status: 'succeeded' } });
  }
  expect(ids.filter((id) => receiver.of(id, '/handler').length !== 1)).toEqual([]);
}

/** Terminates the first under a load that then turns to the second, and asserts that no request fails. */
async function terminateUnderLoad(first: Surehook, second: Surehook): Promise<Load> {
  const load = new Load([first, second], 'handled');
  await waitFor(() => load.ids.length > 30);
  await terminate(first);
  const { length } = load.ids;
  await waitFor(() => load.ids.length > length + 10);
  await load.end();
  expect(load.failures).toEqual([]);
  return load;
}

it('an api with a second api: every request is answered, and no connection is reset', async () => {
  const taskQueue = newId('queue');
  const [first, second] = await Promise.all([start('api', taskQueue), start('api', taskQueue)]);
  await start('worker', taskQueue);
  const load = await terminateUnderLoad(first, second);
  expect(load.refused).toBeGreaterThan(0);
  await expectAllHandledOnce(second, load.ids);
});

it('a serve with a second serve: every request is answered, and no event is handled twice', async () => {
  const taskQueue = newId('queue');
  const [first, second] = await Promise.all([start('serve', taskQueue), start('serve', taskQueue)]);
  const load = await terminateUnderLoad(first, second);
  await expectAllHandledOnce(second, load.ids);
});

it('a worker with a second worker: attempts that take 4 s end in the worker where they began', async () => {
  const taskQueue = newId('queue');
  const api = await start('api', taskQueue);
  const worker = await start('worker', taskQueue);
  const slow = Array.from({ length: 6 }, () => newId());
  const local = Array.from({ length: 6 }, () => newId());
  for (const id of [...slow, ...local]) receiver.script('/handler', id, [{ status: 200, delayMs: 4_000 }]);
  await Promise.all(slow.map((event_id) => api.send({ event_id, type: 'any' }, 'slow')));
  await Promise.all(local.map((event_id) => api.send({ event_id, type: 'both' })));
  await waitFor(() => [...slow, ...local].every((id) => receiver.of(id).length === 1));
  await start('worker', taskQueue);
  await terminate(worker);
  const isClosed = ({ closed_at }: { closed_at: string | null }) => closed_at !== null;
  for (const [source, ids] of [['slow', slow] as const, ['partner', local] as const]) {
    for (const id of ids) {
      const event = await api.untilEvent(source, id, isClosed);
      expect(event.handler?.attempts).toMatchObject([{ attempt: 1 }]);
      expect(event.handler?.attempts[0]?.error).toBeUndefined();
      expect(receiver.of(id, '/handler')).toHaveLength(1);
      expect(receiver.of(id, '/first').length).toBe(source === 'partner' ? 1 : 0);
    }
  }
});

it('a worker under load with a second worker: no event is handled twice', async () => {
  const taskQueue = newId('queue');
  const api = await start('api', taskQueue);
  const [first] = await Promise.all([start('worker', taskQueue), start('worker', taskQueue)]);
  const load = new Load([api], 'handled', 3);
  await waitFor(() => load.ids.length > 30);
  await terminate(first);
  await load.end();
  expect(load.failures).toEqual([]);
  await expectAllHandledOnce(api, load.ids);
});

it('a request that is half sent at SIGTERM is answered, and an idle connection is closed, not reset', async () => {
  const api = await start('api', newId('queue'));
  const { hostname, port } = new URL(api.publicUrl);
  const open = async () => {
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    return socket;
  };
  const [half, idle] = await Promise.all([open(), open()]);
  const body = JSON.stringify({ event_id: newId(), type: 'quiet' });
  const head = Object.entries({ host: hostname, 'content-length': body.length, ...signHmac(body) });
  half.write(`POST /webhooks/partner HTTP/1.1\r\n${head.map(([k, v]) => `${k}: ${v}\r\n`).join('')}\r\n{`);
  idle.write(`GET /healthz HTTP/1.1\r\nhost: ${hostname}\r\n\r\n`);
  expect(String((await once(idle, 'data'))[0])).toContain('200 OK');
  const idleEnds = once(idle, 'end'); // a reset would be an error
  const stopping = terminate(api);
  await pause(500);
  half.write(body.slice(1));
  const answer = String((await once(half, 'data'))[0]);
  expect(answer).toContain('HTTP/1.1 202 Accepted');
  expect(answer.toLowerCase()).toContain('\r\nconnection: close\r\n');
  await idleEnds;
  await stopping;
});
