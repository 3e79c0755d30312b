// The MCP server of one request: what it says of itself, and which function answers each method.
import { Server, type ServerContext } from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { TaskTypeConfig } from '../../../config/config.ts';
import { VERSION } from '../../../config/version.ts';
import { callTool } from './call-tool.ts';
import { declaredBy, TASKS_EXTENSION } from './client-capabilities.ts';
import type { McpCaller, McpDeps } from './mcp-deps.ts';
import { missingTasks, toRpcError } from './mcp-errors.ts';
import { cancelMcpTask, getMcpTask, updateMcpTask } from './task-methods.ts';

/** Task types change with the config, which is at most reloaded by hand. */
const LIST_FRESH_MS = 60_000;
const listHint = { ttlMs: LIST_FRESH_MS, cacheScope: 'private' } as const;

const taskParams = z.looseObject({ taskId: z.string() });

export function createMcpServer(deps: McpDeps, caller: McpCaller): Server {
  const server = new Server(
    { name: 'surehook', version: VERSION },
    {
      capabilities: { tools: {}, extensions: { [TASKS_EXTENSION]: {} } },
      instructions:
        'Each tool is a durable task. With the tasks extension a call is answered with a handle; without it, within seconds or not at all.',
      cacheHints: { 'tools/list': listHint, 'server/discover': listHint },
    },
  );
  const guarded = async <T>(answer: Promise<T>): Promise<T> => {
    try {
      return await answer;
    } catch (error) {
      throw toRpcError(error, deps.log);
    }
  };
  const onTask = (
    method: string,
    handle: (given: McpDeps, client: string, taskId: string, context: ServerContext) => Promise<object>,
  ) =>
    server.setRequestHandler(method, { params: taskParams }, async ({ taskId }, context) => {
      if (!declaredBy(context).tasks) throw missingTasks();
      return { ...(await guarded(handle(deps, caller.client, taskId, context))) };
    });
  server.setRequestHandler('tools/list', () => ({ tools: [...deps.config.tasks.values()].flatMap(toTool) }));
  server.setRequestHandler('tools/call', ({ params }, context) =>
    guarded(callTool(deps, caller, params, context)),
  );
  onTask('tasks/get', getMcpTask);
  onTask('tasks/update', updateMcpTask);
  onTask('tasks/cancel', cancelMcpTask);
  return server;
}

/** The arguments of a tool are an object. A type whose input is none cannot be a tool. */
function toTool({ name, description, inputSchema }: TaskTypeConfig) {
  const { type = 'object' } = inputSchema;
  if (type !== 'object') return [];
  return [
    {
      name,
      ...(description ? { description } : {}),
      inputSchema: { ...inputSchema, type: 'object' as const },
    },
  ];
}
