// An MCP client that runs one task: `node examples/mcp-client.ts analyze-document '{"document_url": "https://…"}'`.
// SUREHOOK_URL is the public listener, SUREHOOK_API_KEY the key of a client.
import { randomUUID } from 'node:crypto';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import {
  createTaskSessionFromClient,
  type JsonRpcResponse,
  type RawClientDispatch,
  resultFromTaskOutcome,
} from '@modelcontextprotocol/ext-tasks/client';

const { SUREHOOK_URL = 'http://127.0.0.1:8080', SUREHOOK_API_KEY = '' } = process.env;
const [tool = '', input = '{}'] = process.argv.slice(2);
const url = new URL('/mcp', SUREHOOK_URL);
const authorization = `Bearer ${SUREHOOK_API_KEY}`;
const clientInfo = { name: 'surehook-example', version: '1.0.0' };
const protocolVersion = '2026-07-28';

/** Sends the requests of the Tasks extension, which the SDK's own client does not know yet. */
const dispatch: RawClientDispatch = async (request) => {
  const { method, params } = request as { method: string; params: { name?: string; taskId?: string } };
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      authorization,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': protocolVersion,
      'mcp-method': method,
      'mcp-name': params.name ?? params.taskId ?? '',
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: randomUUID(), method, params }),
  });
  const { result, error } = (await response.json()) as { result?: unknown; error?: unknown };
  return (error ? { kind: 'error', error } : { kind: 'result', result }) as JsonRpcResponse;
};

const client = new Client(clientInfo, { versionNegotiation: { mode: 'auto' } });
await client.connect(new StreamableHTTPClientTransport(url, { requestInit: { headers: { authorization } } }));
const session = createTaskSessionFromClient(client, {
  endpointId: url.href,
  rawDispatch: dispatch,
  v2RequestFraming: { protocolVersion, clientInfo, clientCapabilities: {} },
});

const execution = await session.callTool(tool, JSON.parse(input));
const { outcome } = await execution.settle({
  onEvent: (event) => {
    if (event.type !== 'task') return;
    const { taskId, status, statusMessage = '' } = event.task;
    process.stderr.write(`${taskId} ${status} ${statusMessage}
`);
  },
});
process.stdout.write(`${JSON.stringify(resultFromTaskOutcome(outcome), null, 2)}\n`);
await session.close();
await client.close();
