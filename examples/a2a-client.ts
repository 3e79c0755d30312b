// Runs one task of a Surehook by A2A 1.0:
// SUREHOOK_API_KEY=… node examples/a2a-client.ts echo '{"text":"hello"}'
import { randomUUID } from 'node:crypto';
import { SendMessageRequest, StreamResponse } from '@a2a-js/sdk';
import {
  ClientFactory,
  ClientFactoryOptions,
  JsonRpcTransportFactory,
  RestTransportFactory,
} from '@a2a-js/sdk/client';

const { SUREHOOK_URL = 'http://localhost:8080', SUREHOOK_API_KEY } = process.env;
const [skill = 'echo', input = '{"text":"hello"}'] = process.argv.slice(2);

/** The SDK's requests, with the client's key. */
const fetchImpl: typeof fetch = async (url, init = {}) => {
  const headers = new Headers(init.headers);
  headers.set('authorization', `Bearer ${SUREHOOK_API_KEY}`);
  return await fetch(url, { ...init, headers });
};

const factory = new ClientFactory({
  ...ClientFactoryOptions.default,
  transports: [new JsonRpcTransportFactory({ fetchImpl }), new RestTransportFactory({ fetchImpl })],
});
const client = await factory.createFromUrl(SUREHOOK_URL);
const message = {
  messageId: randomUUID(), // sent again, it is about the same task
  role: 'ROLE_USER',
  metadata: { skillId: skill },
  parts: [{ data: JSON.parse(input) }],
};
for await (const event of client.sendMessageStream(SendMessageRequest.fromJSON({ message })))
  process.stdout.write(`${JSON.stringify(StreamResponse.toJSON(event))}\n`);
