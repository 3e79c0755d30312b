// A2A's own client in JavaScript, over either binding, for the tests.
import { randomUUID } from 'node:crypto';
import {
  type Message,
  SendMessageRequest,
  StreamResponse as Stream,
  type StreamResponse,
  Task,
  TaskPushNotificationConfig,
} from '@a2a-js/sdk';
import {
  type Client,
  ClientFactory,
  DefaultAgentCardResolver,
  JsonRpcTransportFactory,
  RestTransportFactory,
} from '@a2a-js/sdk/client';

export type BindingName = 'JSONRPC' | 'HTTP+JSON';

export async function connectA2A(url: string, key: string, binding: BindingName): Promise<Client> {
  const fetchImpl: typeof fetch = async (input, init = {}) => {
    const headers = new Headers(init.headers);
    headers.set('authorization', `Bearer ${key}`);
    return await fetch(input, { ...init, headers });
  };
  const transports = [new JsonRpcTransportFactory({ fetchImpl }), new RestTransportFactory({ fetchImpl })];
  const factory = new ClientFactory({
    transports: binding === 'JSONRPC' ? transports : transports.reverse(),
    preferredTransports: [binding],
    cardResolver: new DefaultAgentCardResolver(),
  });
  return await factory.createFromUrl(url);
}

interface Sent {
  skill?: string;
  data?: unknown;
  text?: string;
  messageId?: string;
  taskId?: string;
  contextId?: string;
  configuration?: Record<string, unknown>;
}

/** A request to send a message of one part. */
export function toSend({ skill, data, text, configuration, ...message }: Sent): SendMessageRequest {
  return SendMessageRequest.fromJSON({
    message: {
      messageId: randomUUID(),
      role: 'ROLE_USER',
      parts: [text === undefined ? { data } : { text }],
      ...(skill ? { metadata: { skillId: skill } } : {}),
      ...message,
    },
    ...(configuration ? { configuration } : {}),
  });
}

/** As it came over the wire. */
// biome-ignore lint/suspicious/noExplicitAny: tests look into JSON of several shapes
export type Wire = any;

export function toWire(result: Task | Message): Wire {
  return Task.toJSON(result as Task);
}

export async function collect(events: AsyncIterable<StreamResponse>): Promise<Wire[]> {
  const all: Wire[] = [];
  for await (const event of events) all.push(Stream.toJSON(event));
  return all;
}

export function toConfig(config: Record<string, unknown>): TaskPushNotificationConfig {
  return TaskPushNotificationConfig.fromJSON(config);
}
