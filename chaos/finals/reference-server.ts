// A server of the A2A SDK with its own parts, as its documentation puts them together: what Surehook is compared with.
import { setTimeout as delay } from 'node:timers/promises';
import { type AgentCard, TaskState } from '@a2a-js/sdk';
import {
  AgentEvent,
  type AgentExecutor,
  DefaultExecutionEventBusManager,
  DefaultPushNotificationSender,
  DefaultRequestHandler,
  InMemoryPushNotificationStore,
  InMemoryTaskStore,
} from '@a2a-js/sdk/server';
import { jsonRpcHandler, UserBuilder } from '@a2a-js/sdk/server/express';
import express from 'express';
import { workMs } from './work.ts';

const executor: AgentExecutor = {
  async execute({ taskId, contextId, userMessage }, bus) {
    const content = userMessage.parts[0]?.content;
    const { n } = (content?.$case === 'data' ? content.value : {}) as { n: number };
    const statusOf = (state: TaskState) => ({
      state,
      message: undefined,
      timestamp: new Date().toISOString(),
    });
    const submitted = statusOf(TaskState.TASK_STATE_SUBMITTED);
    const task = { id: taskId, contextId, status: submitted, artifacts: [], history: [], metadata: {} };
    bus.publish(AgentEvent.task(task));
    await delay(workMs(n));
    const status = statusOf(TaskState.TASK_STATE_COMPLETED);
    bus.publish(AgentEvent.statusUpdate({ taskId, contextId, status, metadata: {} }));
    bus.finished();
  },
  async cancelTask() {},
};

const port = Number(process.env.PORT);
const card: AgentCard = {
  name: 'reference',
  description: 'The SDK as it is',
  supportedInterfaces: [
    { url: `http://127.0.0.1:${port}/a2a`, protocolBinding: 'JSONRPC', protocolVersion: '1.0', tenant: '' },
  ],
  provider: undefined,
  version: '1.0.0',
  capabilities: { streaming: true, pushNotifications: true, extensions: [], extendedAgentCard: false },
  securitySchemes: {},
  securityRequirements: [],
  defaultInputModes: ['application/json'],
  defaultOutputModes: ['application/json'],
  skills: [],
  signatures: [],
};
const configs = new InMemoryPushNotificationStore();
const handler = new DefaultRequestHandler(
  card,
  new InMemoryTaskStore(),
  executor,
  new DefaultExecutionEventBusManager(),
  configs,
  new DefaultPushNotificationSender(configs),
);
const app = express();
app.get('/readyz', (_request, response) => void response.json({ status: 'ready' }));
app.use('/a2a', jsonRpcHandler({ requestHandler: handler, userBuilder: UserBuilder.noAuthentication }));
app.listen(port, '127.0.0.1');
