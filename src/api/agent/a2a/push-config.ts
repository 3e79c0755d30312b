// A push notification config and the callback that stands for it.
import { TaskPushNotificationConfig } from '@a2a-js/sdk';
import type { Callback } from '../../../contracts/task.ts';
import { checkClientUrl } from '../../http/check-client-url.ts';
import type { AgentDeps } from '../deps.ts';
import { faultOfSecret } from '../request-fields.ts';
import { malformed } from './a2a-error.ts';

type Config = TaskPushNotificationConfig;

/** The id of a callback is part of an event's id, and `own` is that of the own API. */
const PLAIN_ID = /^[A-Za-z0-9_-]{1,60}$/;
const PLAIN = 'a2a-';
const ENCODED = 'a2x-';
const ID_MAX_LENGTH = 64;
/** Of a config that its client has not named: a second one replaces it. */
const DEFAULT_ID = 'default';

/** The SDKs of JavaScript and Python, and that of Go. */
const TOKEN_HEADERS = ['x-a2a-notification-token', 'a2a-notification-token'] as const;

/** What a header can carry. */
const HEADER_TEXT = /^[\x21-\x7e](?:[\x20-\x7e]{0,4094}[\x21-\x7e])?$/;
const SCHEME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/;

/** @throws HttpError `url_not_allowed`, A2AError */
export function toCallback({ guard }: Pick<AgentDeps, 'guard'>, field: string, config: Config): Callback {
  const { id, url, token, authentication } = config;
  if (url === '') throw malformed(`${field}url`, 'it is missing; give where to send push notifications');
  checkClientUrl(`${field}url`, url, guard);
  if (token !== '' && !HEADER_TEXT.test(token)) throw malformed(`${field}token`, 'expected visible ASCII');
  const isSecret = token !== '' && faultOfSecret(token) === undefined;
  return {
    id: toCallbackId(field, id || DEFAULT_ID),
    format: 'a2a',
    url,
    secrets: isSecret ? [token] : [],
    headers: {
      ...(token === '' ? {} : Object.fromEntries(TOKEN_HEADERS.map((name) => [name, token]))),
      ...(authentication ? { authorization: authorizationOf(field, authentication) } : {}),
    },
  };
}

function authorizationOf(field: string, { scheme, credentials }: NonNullable<Config['authentication']>) {
  if (!SCHEME.test(scheme))
    throw malformed(`${field}authentication.scheme`, 'expected a scheme such as Bearer');
  if (credentials === '') return scheme;
  if (HEADER_TEXT.test(credentials)) return `${scheme} ${credentials}`;
  throw malformed(`${field}authentication.credentials`, 'expected visible ASCII');
}

export function toCallbackId(field: string, configId: string): string {
  const id = PLAIN_ID.test(configId)
    ? PLAIN + configId
    : ENCODED + Buffer.from(configId).toString('base64url');
  if (configId !== '' && id.length <= ID_MAX_LENGTH) return id;
  throw malformed(`${field}id`, 'expected 1 to 60 letters, digits, - and _, or 45 bytes of any text');
}

/** undefined: a callback of another face. */
export function toPushConfig(
  taskId: string,
  { id, format, url, headers = {} }: Callback,
): Config | undefined {
  if (format !== 'a2a') return undefined;
  const configId = id.startsWith(PLAIN)
    ? id.slice(PLAIN.length)
    : Buffer.from(id.slice(ENCODED.length), 'base64url').toString();
  const { authorization } = headers;
  const [scheme, ...credentials] = authorization?.split(' ') ?? [];
  return TaskPushNotificationConfig.fromJSON({
    id: configId,
    taskId,
    url,
    token: headers[TOKEN_HEADERS[0]] ?? '',
    ...(scheme === undefined ? {} : { authentication: { scheme, credentials: credentials.join(' ') } }),
  });
}
