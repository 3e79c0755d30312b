// MCP clients of a Surehook: the official ones, and one that sends what it is told, right or wrong.
import { randomUUID } from 'node:crypto';
import { Client, type ClientCapabilities, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import {
  type ApplicationInputHandler,
  createTaskSessionFromClient,
  type JsonRpcResponse,
  type RawClientDispatch,
  type TaskEnabledSession,
} from '@modelcontextprotocol/ext-tasks/client';
import { CLIENT_KEYS } from './agent-client.ts';
import type { Surehook } from './surehook.ts';

export const MCP_VERSION = '2026-07-28';
export const TASKS = { extensions: { 'io.modelcontextprotocol/tasks': {} } };
const CLIENT_INFO = { name: 'surehook-tests', version: '1.0.0' };

export interface McpAnswer {
  status: number;
  headers: Headers;
  result?: Record<string, unknown>;
  error?: { code: number; message: string; data?: Record<string, unknown> };
}

export interface McpCall {
  key?: string | undefined;
  capabilities?: ClientCapabilities;
  /** Instead of, or beside, those that belong to the request. */
  headers?: Record<string, string>;
  version?: string;
  signal?: AbortSignal;
}

const metaOf = (capabilities: ClientCapabilities, version: string) => ({
  'io.modelcontextprotocol/protocolVersion': version,
  'io.modelcontextprotocol/clientInfo': CLIENT_INFO,
  'io.modelcontextprotocol/clientCapabilities': capabilities,
});

/** One request, as the specification has it unless told otherwise. */
export async function callMcp(
  { publicUrl }: Pick<Surehook, 'publicUrl'>,
  method: string,
  params: Record<string, unknown> = {},
  { capabilities = TASKS, version = MCP_VERSION, ...call }: McpCall = {},
): Promise<McpAnswer> {
  const message = { jsonrpc: '2.0', id: randomUUID(), method };
  const body = JSON.stringify({ ...message, params: { _meta: metaOf(capabilities, version), ...params } });
  return await postMcp(publicUrl, body, {
    ...call,
    headers: { 'mcp-protocol-version': version, ...headersOf(method, params), ...call.headers },
  });
}

function headersOf(method: string, { name, taskId }: Record<string, unknown>): Record<string, string> {
  const value = name ?? taskId;
  return { 'mcp-method': method, ...(value === undefined ? {} : { 'mcp-name': String(value) }) };
}

export async function postMcp(
  publicUrl: string,
  body: string,
  { key = CLIENT_KEYS.alice, headers = {}, signal }: McpCall = {},
): Promise<McpAnswer> {
  const response = await fetch(`${publicUrl}/mcp`, {
    method: 'POST',
    headers: {
      ...(key === '' ? {} : { authorization: `Bearer ${key}` }),
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...headers,
    },
    body,
    ...(signal ? { signal } : {}),
  });
  const text = await response.text();
  const answer = text === '' ? {} : (JSON.parse(text) as Omit<McpAnswer, 'status' | 'headers'>);
  return { ...answer, status: response.status, headers: response.headers };
}

export interface McpClientOptions {
  capabilities?: ClientCapabilities;
  mode?: 'auto' | 'legacy';
}

/** The SDK's client, connected. */
export async function connectMcp(
  { publicUrl }: Pick<Surehook, 'publicUrl'>,
  { capabilities = {}, mode = 'auto' }: McpClientOptions = {},
): Promise<Client> {
  const client = new Client(CLIENT_INFO, { capabilities, versionNegotiation: { mode } });
  const headers = { authorization: `Bearer ${CLIENT_KEYS.alice}` };
  await client.connect(
    new StreamableHTTPClientTransport(new URL('/mcp', publicUrl), { requestInit: { headers } }),
  );
  return client;
}

type OnInput = ApplicationInputHandler['handle'];

/** The session of the extension's own package over that client. */
export function openTaskSession(
  surehook: Pick<Surehook, 'publicUrl'>,
  client: Client,
  onInputRequest?: OnInput,
): TaskEnabledSession {
  const capabilities = { elicitation: {}, ...TASKS };
  const rawDispatch: RawClientDispatch = async (request, options): Promise<JsonRpcResponse> => {
    const { method, params } = request as { method: string; params: Record<string, unknown> };
    const { signal } = options ?? {};
    const { result, error } = await callMcp(surehook, method, params, { ...(signal ? { signal } : {}) });
    if (error) return { kind: 'error', error } as JsonRpcResponse;
    return { kind: 'result', result } as JsonRpcResponse;
  };
  return createTaskSessionFromClient<void>(client, {
    endpointId: 'surehook-of-the-tests',
    rawDispatch,
    v2RequestFraming: {
      protocolVersion: MCP_VERSION,
      clientInfo: CLIENT_INFO,
      clientCapabilities: capabilities,
    },
    ...(onInputRequest ? { onInputRequest } : {}),
  });
}
