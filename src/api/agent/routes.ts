// Every route of the agent API, and the OpenAPI document of the public listener, which serves it beside the ingress.
import { HEALTH_ROUTES } from '../http/base-app.ts';
import { toOpenApi } from '../http/openapi.ts';
import type { AnyRoute } from '../http/route.ts';
import { PUBLIC_ERRORS, PUBLIC_ROUTES } from '../ingress/routes.ts';
import { answerTaskRoute, cancelTaskRoute, patchTaskRoute } from './change-task.ts';
import { createTaskRoute } from './create-task.ts';
import { createDeliveryRoute, showDeliveryRoute } from './deliveries.ts';
import type { AgentDeps } from './deps.ts';
import { listTasksRoute } from './list-tasks.ts';
import { showTaskRoute } from './show-task.ts';

/** `/agent/tasks` stands before `/agent/{task_type}`. */
export const AGENT_ROUTES: readonly AnyRoute<AgentDeps>[] = [
  listTasksRoute,
  showTaskRoute,
  patchTaskRoute,
  answerTaskRoute,
  cancelTaskRoute,
  createTaskRoute,
  createDeliveryRoute,
  showDeliveryRoute,
];

export const PUBLIC_DOCUMENT = toOpenApi({
  title: 'Surehook public API',
  version: '1',
  description:
    'Receives webhooks: each is stored before it is answered, and handled once. Takes agent tasks of clients, and calls the clients back.',
  groups: [
    { routes: PUBLIC_ROUTES, errors: PUBLIC_ERRORS },
    { routes: AGENT_ROUTES, errors: [...PUBLIC_ERRORS, 'unauthorized', 'rate_limited'], needsToken: true },
    { routes: HEALTH_ROUTES, errors: PUBLIC_ERRORS },
  ],
});
