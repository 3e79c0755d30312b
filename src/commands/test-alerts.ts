// `surehook alerts test`: sends a test alert through each alert route, and prints what the channel answered.
import { randomUUID } from 'node:crypto';
import type { Alert } from '../activities/alerts/alert.ts';
import { toResolve, toTrigger } from '../activities/alerts/pagerduty.ts';
import { codeOf, postJson, sendMessage } from '../activities/alerts/send-to-channel.ts';
import type { AttemptResult } from '../activities/attempts/attempt-result.ts';
import { Outlets } from '../activities/http/outlets.ts';
import type { AlertRouteConfig } from '../config/config.ts';
import { ConfigError } from '../config/config-error.ts';
import type { Settings } from '../config/settings.ts';
import { loadConfigForCommand } from './load-config-for-command.ts';

/**
 * @returns what to print, and whether every channel took its alert
 * @throws ConfigError if the config has no alert route, or no alert route of this name
 */
export async function testAlerts(settings: Settings, routeName?: string): Promise<[string, boolean]> {
  const { alerts } = await loadConfigForCommand(settings, { onlyAlerts: true });
  const { configPath } = settings;
  if (alerts.size === 0) throw new ConfigError(`${configPath} has no alerts`);
  const routes =
    routeName === undefined ? [...alerts.values()] : [...alerts.values()].filter(isNamed(routeName));
  if (routes.length === 0) {
    const names = [...alerts.keys()].join(', ');
    throw new ConfigError(`${configPath} has no alert route '${routeName}'; it has: ${names}`);
  }
  const results = await Promise.all(routes.map((route) => test(route, settings)));
  const lines = results.map((result, i) => toLine(routes[i] as AlertRouteConfig, result));
  return [lines.join('\n'), results.every(({ ok }) => ok)];
}

const isNamed =
  (name: string) =>
  (route: AlertRouteConfig): boolean =>
    route.name === name;

async function test(route: AlertRouteConfig, { proxy }: Settings): Promise<AttemptResult> {
  const source = route.sources?.[0] ?? 'test';
  const alert = toTestAlert(route.name, source);
  const outlets = new Outlets({ proxy });
  const deps = { outlets, signal: new AbortController().signal };
  try {
    if (route.channel !== 'pagerduty') return await sendMessage(route, alert, deps);
    const triggered = await postJson(route, route.url, toTrigger(route, alert, source), deps);
    if (!triggered.ok) return triggered;
    // The incident of a test is resolved at once, so that nobody has to close it.
    const resolved = await postJson(route, route.url, toResolve(route, alert, source), deps);
    return resolved.ok ? triggered : resolved;
  } finally {
    await outlets.close();
  }
}

function toTestAlert(route: string, source: string): Alert {
  const at = new Date();
  const id = randomUUID();
  const example = {
    event_id: `test-${id.slice(0, 8)}`,
    event_type: 'surehook.test',
    failed_steps: ['deliver:test'],
    errors: ['http_500'],
    at: at.toISOString(),
    run_id: id,
  };
  const tally = {
    count: 1,
    first_at: example.at,
    last_at: example.at,
    errors: { http_500: 1 },
    steps: { 'deliver:test': 1 },
    examples: [example],
  };
  return {
    id,
    route,
    at,
    gathered: { dead_letter: { [source]: tally } },
    open: {},
    linkTo: () => undefined,
    isTest: true,
  };
}

/** Such as `ops (slack): 200 ok`. */
function toLine({ name, channel }: AlertRouteConfig, result: AttemptResult): string {
  const { statusCode, responseExcerpt, message } = result;
  const code = codeOf(result);
  const answer = [statusCode, responseExcerpt ?? message].filter(Boolean).join(' ').trim();
  return `${name} (${channel}): ${code ? `failed: ${code}${answer ? ` (${answer})` : ''}` : answer}`;
}
