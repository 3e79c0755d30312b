// Every route of the operator listener on one page, and its OpenAPI document.
import { OPERATOR_API_PATH } from '../../config/http-origin.ts';
import { HEALTH_ROUTES } from '../http/base-app.ts';
import { type ErrorCode, LISTENER_ERRORS } from '../http/errors.ts';
import { toOpenApi } from '../http/openapi.ts';
import type { AnyRoute } from '../http/route.ts';
import { metricsRoute } from '../http/serve-metrics.ts';
import { decodeRoute, encodeRoute } from './codec.ts';
import { countDeadLettersRoute } from './dead-letters/count-dead-letters.ts';
import { discardDeadLetterRoute } from './dead-letters/discard-dead-letter.ts';
import { exportDeadLettersRoute } from './dead-letters/export-dead-letters.ts';
import { listDeadLettersRoute } from './dead-letters/list-dead-letters.ts';
import { replayDeadLetterRoute } from './dead-letters/replay-dead-letter.ts';
import { showDeadLetterRoute } from './dead-letters/show-dead-letter.ts';
import { summariseDeadLettersRoute } from './dead-letters/summarise-dead-letters.ts';
import type { OperatorDeps } from './deps.ts';
import { listEndpointsRoute } from './endpoints/list-endpoints.ts';
import { showEndpointRoute } from './endpoints/show-endpoint.ts';
import { cancelEventRoute } from './events/cancel-event.ts';
import { listEventsRoute } from './events/list-events.ts';
import { retryEventRoute } from './events/retry-event.ts';
import { showEventRoute } from './events/show-event.ts';
import { cancelJobRoute, pauseJobRoute, resumeJobRoute } from './jobs/change-job.ts';
import { listJobItemsRoute } from './jobs/list-job-items.ts';
import { listJobsRoute } from './jobs/list-jobs.ts';
import { showJobRoute } from './jobs/show-job.ts';
import { discardManyRoute, replayManyRoute } from './jobs/start-job.ts';
import { cancelAnyTaskRoute } from './tasks/cancel-any-task.ts';
import { listAllTasksRoute } from './tasks/list-all-tasks.ts';
import { showAnyTaskRoute } from './tasks/show-any-task.ts';

/** The routes under `OPERATOR_API_PATH`, behind the operator's token. */
export const API_ROUTES: readonly AnyRoute<OperatorDeps>[] = [
  listEventsRoute,
  showEventRoute,
  retryEventRoute,
  cancelEventRoute,
  listDeadLettersRoute,
  countDeadLettersRoute,
  summariseDeadLettersRoute,
  exportDeadLettersRoute,
  replayManyRoute,
  discardManyRoute,
  showDeadLetterRoute,
  replayDeadLetterRoute,
  discardDeadLetterRoute,
  listJobsRoute,
  showJobRoute,
  listJobItemsRoute,
  pauseJobRoute,
  resumeJobRoute,
  cancelJobRoute,
  listEndpointsRoute,
  showEndpointRoute,
  listAllTasksRoute,
  showAnyTaskRoute,
  cancelAnyTaskRoute,
];

/** Temporal's codec-server protocol, which a browser that shows the Web UI calls. */
export const CODEC_ROUTES = [decodeRoute, encodeRoute] as const;

const COMMON_ERRORS: readonly ErrorCode[] = [...LISTENER_ERRORS, 'unauthorized', 'temporal_unavailable'];

export const OPERATOR_DOCUMENT = toOpenApi({
  title: 'Surehook operator API',
  version: '1',
  description: 'Shows events, dead letters, jobs, endpoints and agent tasks, and acts on them.',
  groups: [
    { routes: API_ROUTES, prefix: OPERATOR_API_PATH, needsToken: true, errors: COMMON_ERRORS },
    { routes: [metricsRoute], needsToken: true, errors: [...LISTENER_ERRORS, 'unauthorized'] },
    { routes: CODEC_ROUTES, needsToken: true, errors: [...LISTENER_ERRORS, 'unauthorized'] },
    { routes: HEALTH_ROUTES, errors: LISTENER_ERRORS },
  ],
});

export const WORKER_DOCUMENT = toOpenApi({
  title: 'Surehook worker',
  version: '1',
  description: 'Health and metrics of a worker.',
  groups: [
    { routes: [metricsRoute], needsToken: true, errors: [...LISTENER_ERRORS, 'unauthorized'] },
    { routes: HEALTH_ROUTES, errors: LISTENER_ERRORS },
  ],
});
