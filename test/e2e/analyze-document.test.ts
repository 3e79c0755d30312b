// Stories of `analyze-document` from the request to the callback: real documents from a real server.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { AgentClient, API_KEYS } from '../support/agent-client.ts';
import { LICENSE_PAGES, makeDocx, makePdf } from '../support/documents.ts';
import { Receiver } from '../support/receiver.ts';
import { newId, Surehook } from '../support/surehook.ts';

const DOCUMENTS: Record<string, { status: number; body?: Uint8Array; type?: string }> = {
  // The type and the name are wrong on purpose: neither is believed.
  '/license.txt': { status: 200, body: await makePdf(LICENSE_PAGES), type: 'text/plain' },
  '/offer.docx': {
    status: 200,
    body: await makeDocx(['The Seller shall deliver the goods within ten days.']),
  },
  '/gone.pdf': { status: 410 },
  '/moved.pdf': { status: 302 },
  '/empty.pdf': { status: 200, body: new Uint8Array() },
  '/picture.pdf': { status: 200, body: Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex') },
  '/login.pdf': { status: 401 },
  '/broken.pdf': { status: 503 },
};

let documents: Server;
let receiver: Receiver;
let surehook: Surehook;
let alice: AgentClient;
let origin: string;

beforeAll(async () => {
  documents = createServer(({ url = '' }, response) => {
    if (url === '/slow.pdf') return; // never answers
    const { status, body, type = 'application/pdf' } = DOCUMENTS[url] ?? { status: 404 };
    response.writeHead(status, {
      'content-type': type,
      ...(status === 302 ? { location: '/license.txt' } : {}),
    });
    response.end(body);
  });
  await new Promise<void>((resolve) => documents.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(documents.address() as AddressInfo).port}`;
  receiver = await Receiver.start();
  surehook = await Surehook.start({
    role: 'serve',
    temporalAddress: inject('temporalAddress'),
    taskQueue: newId('queue'),
    config: 'tasks',
    env: { RECEIVER_URL: receiver.url, SUREHOOK_API_KEYS: API_KEYS, SUREHOOK_ALLOW_LOOPBACK_URLS: 'true' },
  });
  alice = new AgentClient(surehook);
});

afterAll(async () => {
  await surehook.stop();
  await receiver.stop();
  documents.closeAllConnections();
  documents.close();
});

const ask = async (path: string, analysis_type: string) => {
  const hook = { webhook_url: `${receiver.url}/${newId('hook')}`, webhook_secret: 'the-secret-of-alice' };
  const id = await alice.begin('analyze-document', { document_url: origin + path, analysis_type, ...hook });
  const task = await alice.until(id, ({ callbacks }) => callbacks[0]?.status === 'delivered');
  const [request] = receiver.requests.filter((one) => `${receiver.url}${one.path}` === hook.webhook_url);
  return { task, told: JSON.parse(String(request?.body)) };
};

it('the clauses about intellectual property of a PDF come back with their pages', async () => {
  const { task, told } = await ask('/license.txt', 'ip_clauses');
  expect(task).toMatchObject({ status: 'completed', progress: { percent: 100 } });
  expect(told.result).toEqual(task.result);
  expect(told.result.ip_clauses[0]).toMatchObject({ clause: '2.1', heading: 'Grant', page: 1 });
});

it('a Word document is read by its bytes, whatever its server says', async () => {
  const { told } = await ask('/offer.docx', 'obligations');
  expect(JSON.stringify(told.result)).toContain('shall deliver the goods');
});

it.each([
  ['/gone.pdf', 'document_gone'],
  ['/nowhere.pdf', 'document_gone'],
  ['/moved.pdf', 'document_unavailable'],
  ['/login.pdf', 'document_unavailable'],
  ['/broken.pdf', 'document_unavailable'],
  ['/slow.pdf', 'document_unavailable'],
  ['/empty.pdf', 'document_empty'],
  ['/picture.pdf', 'document_unsupported'],
])('%s has failed with %s, and its client is told', async (path, code) => {
  const { task, told } = await ask(path, 'summary');
  expect(task).toMatchObject({ status: 'failed', error: { code, message: expect.any(String) } });
  expect(told).toMatchObject({ status: 'failed', error: { code } });
});

it('a URL that leads into a private network is refused at once, with the field', async () => {
  const body = { document_url: 'https://10.0.0.1/a.pdf', analysis_type: 'summary' };
  const response = await alice.call('POST', '/agent/analyze-document', body);
  expect([response.status, await response.json()]).toMatchObject([
    400,
    { code: 'url_not_allowed', detail: expect.stringMatching(/^document_url: the address 10\.0\.0\.1 /) },
  ]);
});

it.each([
  [{ analysis_type: 'summary' }, /^document_url: /],
  [{ document_url: 'no url', analysis_type: 'summary' }, /^document_url: /],
  [{ document_url: 'https://example.com/a.pdf', analysis_type: 'poem' }, /^analysis_type: /],
])('bad input %j is refused with the field', async (body, detail) => {
  const response = await alice.call('POST', '/agent/analyze-document', body);
  expect([response.status, await response.json()]).toMatchObject([
    400,
    { code: 'invalid_input', detail: expect.stringMatching(detail) },
  ]);
});
