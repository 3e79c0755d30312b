// Resolves the alert routes of the config file, and checks the values of their secrets.
import type { ParsedAlertRoute } from './alerts-schema.ts';
import type { AlertRouteConfig } from './config.ts';
import type { SecretStore } from './secret-store.ts';
import { hasCredentials } from './url-credentials.ts';

export function toAlertRoute(name: string, route: ParsedAlertRoute, store: SecretStore): AlertRouteConfig {
  const at = `alerts.${name}`;
  const { sources, on, gather, every } = route;
  const common = { name, sources, on, gatherMs: gather, everyMs: every };
  switch (route.channel) {
    case 'slack': {
      const url = store.resolveGiven(route.url, `${at}.url`, checkHttpUrl);
      return Object.freeze({ ...common, channel: route.channel, url });
    }
    case 'pagerduty': {
      const { channel, url, severity } = route;
      const routingKey = store.resolveGiven(route.routingKey, `${at}.routingKey`, checkRoutingKey);
      return Object.freeze({ ...common, channel, url, severity, routingKey });
    }
    case 'email': {
      const { channel, from, to } = route;
      const smtp = store.resolveGiven(route.smtp, `${at}.smtp`, checkSmtpUrl);
      return Object.freeze({ ...common, channel, from, to, smtp });
    }
    case 'webhook': {
      const { channel, url } = route;
      const headers = store.resolveHeaders(route.headers, `${at}.headers`);
      const secrets = route.secrets.map((ref) => store.resolve(ref, `${at}.secrets`, 'delivery'));
      return Object.freeze({ ...common, channel, url, headers, secrets });
    }
  }
}

function checkHttpUrl(value: string): string | undefined {
  const { protocol = '' } = URL.parse(value) ?? {};
  if (!/^https?:$/.test(protocol)) return 'expected an http or https URL';
  return hasCredentials(value) ? 'a user or password in a URL is not sent: leave them out' : undefined;
}

/** PagerDuty's integration keys have 32 characters. */
function checkRoutingKey(value: string): string | undefined {
  return /^[A-Za-z0-9]{32}$/.test(value) ? undefined : 'expected an integration key of 32 characters';
}

function checkSmtpUrl(value: string): string | undefined {
  const url = URL.parse(value);
  if (url === null || !/^smtps?:$/.test(url.protocol) || url.hostname === '') {
    return 'expected a URL such as smtps://user:password@mail.example.com';
  }
  if (url.search !== '' || url.pathname.length > 1) return 'expected nothing after the host and port';
  if (!isDecodable(url.username) || !isDecodable(url.password)) {
    return 'user and password must be percent-encoded';
  }
  return undefined;
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
