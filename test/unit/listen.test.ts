// How a listener stops: Node's own `close` would cut off connections that a client is about to use.
import { Agent, request } from 'node:http';
import express from 'express';
import { expect, it } from 'vitest';
import { listen } from '../../src/api/http/listen.ts';

/** One request over the connections of this agent. */
function get(url: string, agent: Agent): Promise<{ status: number; connection: string | undefined }> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent }, (response) => {
      const { statusCode: status = 0, headers } = response;
      response.resume().once('end', () => resolve({ status, connection: headers.connection }));
    });
    sent.once('error', reject).end();
  });
}

it('a request on a connection that was idle when the stop began is answered, and told that it was the last', async () => {
  const app = express().get('/', (_request, response) => void response.send('here'));
  const settings = { host: 'HOST', port: 'PORT' };
  const { url, stop } = await listen({ app, host: '127.0.0.1', port: 0, settings });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  expect(await get(url, agent)).toEqual({ status: 200, connection: 'keep-alive' });
  const stopped = stop();
  // Once a new connection is refused, the stop has begun.
  const isRefused = () =>
    get(url, new Agent()).then(
      () => false,
      () => true,
    );
  while (!(await isRefused()));
  expect(await get(url, agent)).toEqual({ status: 200, connection: 'close' });
  await stopped;
  agent.destroy();
});
