// `surehook send`: sends a signed test event to a running ingress.
import type { SourceConfig } from '../config/config.ts';
import { ConfigError, UsageError } from '../config/config-error.ts';
import { toOrigin } from '../config/http-origin.ts';
import type { Settings } from '../config/settings.ts';
import { parseExactly } from '../contracts/exact-json.ts';
import { guessContentType } from './guess-content-type.ts';
import { loadConfigForCommand } from './load-config-for-command.ts';
import { readInput } from './read-input.ts';
import { buildSignedRequest } from './signed-request.ts';

export interface SendOptions {
  file?: string;
  contentType?: string;
  id?: string;
  type?: string;
  url?: string;
  json?: boolean;
}

/** @returns what to print, and whether the answer was a 2xx */
export async function send(
  settings: Settings,
  sourceName: string,
  options: SendOptions,
): Promise<[string, boolean]> {
  const config = await loadConfigForCommand(settings, { onlySource: sourceName });
  const source = config.sources.get(sourceName) as SourceConfig;
  const { id, type } = options;
  const { headers, body: rawBody } = buildSignedRequest(source, {
    ...(await givenBody(source, options)),
    ...(id ? { id } : {}),
    ...(type ? { type } : {}),
  });
  const response = await post(toUrl(settings, sourceName, options.url), headers, rawBody);
  const text = await response.text();
  if (!options.json) return [`${response.status} ${response.statusText}\n${text}`, response.ok];
  return [JSON.stringify({ status: response.status, body: parse(text) }, null, 2), response.ok];
}

async function givenBody({ body: expected }: SourceConfig, { file, contentType }: SendOptions) {
  if (!file) return contentType ? { contentType } : {};
  const body = await readInput('--file', file);
  return { body, contentType: contentType ?? guessContentType({ expected, body, file }) };
}

function toUrl({ host, port }: Settings, source: string, url?: string): URL {
  const target = URL.parse(url ?? toOrigin(host ?? '127.0.0.1', port));
  if (target === null || !/^https?:$/.test(target.protocol)) {
    throw new UsageError('--url: expected a URL such as http://127.0.0.1:8080');
  }
  if (target.pathname === '/') target.pathname = `/webhooks/${source}`;
  return target;
}

async function post(url: URL, headers: Record<string, string>, body: Buffer): Promise<Response> {
  try {
    return await fetch(url, { method: 'POST', headers, body: new Uint8Array(body) });
  } catch {
    throw new ConfigError(
      `no ingress answers at ${url.origin}: start Surehook, or give its address with --url`,
    );
  }
}

function parse(text: string): unknown {
  try {
    return parseExactly(text);
  } catch {
    return text;
  }
}
