// The activity that sends an alert: it looks up the route, counts the open dead letters, and sends.
import { type ApplicationFailure, Context } from '@temporalio/activity';
import type { Logger } from 'pino';
import type { AlertRouteConfig, Config, PagerDutyRoute } from '../../config/config.ts';
import {
  type CountDeadLetters,
  OTHER,
  type SendAlertInput,
  type SendAlertResult,
} from '../../contracts/alert.ts';
import type { Metrics } from '../../observability/metrics.ts';
import { benignFailure } from '../attempts/attempt-failures.ts';
import type { AttemptResult } from '../attempts/attempt-result.ts';
import type { Outlets } from '../http/outlets.ts';
import { type Alert, endpointsOf, type LinkTo, sourcesOf } from './alert.ts';
import { judgeIncident, toEndpointEvent, toResolve, toTrigger } from './pagerduty.ts';
import { codeOf, postJson, sendMessage } from './send-to-channel.ts';

/** Some seconds of retries: while workers are replaced, an old worker may not know a new route yet. */
const MISSING_ROUTE_ATTEMPTS = 4;
/** Temporal limits the rate of counts, so that only the first sources are counted: those that matter most. */
const COUNTED_MAX = 10;

export interface SendAlertDeps {
  config: Config;
  log: Logger;
  metrics: Metrics;
  outlets: Outlets;
  countDeadLetters: CountDeadLetters;
  linkTo: LinkTo;
}

export function createSendAlert(deps: SendAlertDeps) {
  return async function sendAlert(input: SendAlertInput): Promise<SendAlertResult> {
    // Each attempt looks up the route: a URL or secret that has changed applies from the next attempt on.
    const route = deps.config.alerts.get(input.route);
    if (route === undefined) return dropped(deps, input);
    const { attempt } = Context.current().info;
    try {
      const recheck =
        route.channel === 'pagerduty'
          ? await sendIncidents(deps, route, input)
          : await send(deps, route, input);
      return { status: 'sent', recheck };
    } catch (error) {
      deps.metrics.alertAttempted(route.name, 'failed');
      const { type, message } = error as ApplicationFailure;
      const code = type ?? 'error';
      deps.log.warn(
        { route: route.name, channel: route.channel, attempt, error: code, message },
        'alert failed',
      );
      throw error;
    }
  };
}

function dropped({ log, metrics }: SendAlertDeps, { route }: SendAlertInput): SendAlertResult {
  if (Context.current().info.attempt < MISSING_ROUTE_ATTEMPTS) {
    throw fail('alert_route_missing', `this worker's config has no alert route '${route}'`);
  }
  metrics.alertAttempted(route, 'dropped');
  log.warn({ route }, 'alert dropped: the config has no such route any more');
  return { status: 'dropped', recheck: [] };
}

async function send(
  deps: SendAlertDeps,
  route: Exclude<AlertRouteConfig, PagerDutyRoute>,
  input: SendAlertInput,
): Promise<string[]> {
  const alert = toAlert(deps, input);
  const sources = sourcesOf(alert.gathered);
  const counted = sources.filter((source) => source !== OTHER).slice(0, COUNTED_MAX);
  const counts = await Promise.all(
    counted.map(async (source) => [source, await countOpen(deps, alert, source)]),
  );
  const open = Object.fromEntries(counts.filter(([, count]) => count !== undefined));
  await assertSent(deps, route, await sendMessage(route, { ...alert, open }, channelDeps(deps)));
  return [];
}

/** undefined if the count fails, as an alert goes without it, or if it is 0 after new failures. */
async function countOpen(
  deps: SendAlertDeps,
  { gathered }: Alert,
  source: string,
): Promise<number | undefined> {
  const count = await deps.countDeadLetters(source).catch(() => undefined);
  return count === 0 && gathered.dead_letter?.[source] ? undefined : count;
}

/** Heartbeat details: what an earlier attempt of this alert has done already. */
interface Progress {
  done: string[];
  recheck: string[];
}

async function sendIncidents(
  deps: SendAlertDeps,
  route: PagerDutyRoute,
  input: SendAlertInput,
): Promise<string[]> {
  const context = Context.current();
  const alert = toAlert(deps, input);
  const { done, recheck }: Progress = (context.info.heartbeatDetails as Progress) ?? {
    done: [],
    recheck: [],
  };
  for (const source of new Set([...sourcesOf(alert.gathered), ...input.recheck])) {
    if (source === OTHER || done.includes(source)) continue;
    const count = await deps.countDeadLetters(source).catch((error: Error) => {
      throw fail('dead_letters_not_counted', error.message);
    });
    const isRecheck = input.recheck.includes(source);
    const { action, again } = judgeIncident(alert, source, count, isRecheck);
    if (action) {
      const counted = { ...alert, open: { [source]: count } };
      const event =
        action === 'trigger' ? toTrigger(route, counted, source) : toResolve(route, alert, source);
      await assertSent(deps, route, await postJson(route, route.url, event, channelDeps(deps)));
    }
    done.push(source);
    if (again) recheck.push(source);
    context.heartbeat({ done, recheck } satisfies Progress);
  }
  const { down, up } = endpointsOf(alert.gathered);
  for (const endpoint of [...down, ...up]) {
    const key = `endpoint:${endpoint}`;
    if (endpoint === OTHER || done.includes(key)) continue;
    const event = toEndpointEvent(route, alert, endpoint, down.includes(endpoint));
    await assertSent(deps, route, await postJson(route, route.url, event, channelDeps(deps)));
    done.push(key);
    context.heartbeat({ done, recheck } satisfies Progress);
  }
  return recheck;
}

const channelDeps = ({ outlets }: SendAlertDeps) => ({
  outlets,
  signal: Context.current().cancellationSignal,
});

function toAlert({ linkTo }: SendAlertDeps, { route, gathered }: SendAlertInput): Alert {
  const { info } = Context.current();
  const id = `${info.workflowExecution?.workflowId}:${info.workflowExecution?.runId}:${info.activityId}`;
  const at = new Date(info.scheduledTimestampMs);
  return { id, route, at, gathered, open: {}, linkTo, isTest: false };
}

async function assertSent(
  { log, metrics }: SendAlertDeps,
  { name, channel }: AlertRouteConfig,
  result: AttemptResult,
): Promise<void> {
  const code = codeOf(result);
  if (code === undefined) {
    metrics.alertAttempted(name, 'sent');
    log.info({ route: name, channel, status_code: result.statusCode }, 'alert sent');
    if (result.message)
      log.warn({ route: name, channel, message: result.message }, 'alert sent, but not to all');
    return;
  }
  throw fail(code, result.message ?? result.responseExcerpt ?? '', result.retryAfterMs);
}

/** Every failure is retried: an operator may correct the channel's settings in the config. */
function fail(code: string, message: string, retryAfterMs?: number): ApplicationFailure {
  return benignFailure(message ? `${code}: ${message}` : code, {
    type: code,
    ...(retryAfterMs ? { nextRetryDelay: retryAfterMs } : {}),
  });
}
