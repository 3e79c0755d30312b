// `surehook send`: sends a signed test event to a running ingress.
import { readFileSync } from 'node:fs';
import type { SourceConfig } from '../config/config.ts';
import { ConfigError, UsageError } from '../config/config-error.ts';
import { toOrigin } from '../config/http-origin.ts';
import type { Settings } from '../config/settings.ts';
import { parseExactly } from '../contracts/exact-json.ts';
import { loadConfigForCommand } from './load-config-for-command.ts';
import { buildSignedRequest } from './signed-request.ts';

export interface SendOptions {
  file?: string;
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
  const body = options.file ? { body: readBodyFile(options.file) } : {};
  const target = toUrl(settings, sourceName, options.url);
  const event = { ...body, ...(id ? { id } : {}), ...(type ? { type } : {}) };
  const signed = buildSignedRequest(source, event, publicUrlOf(settings, target));
  const { headers, body: rawBody } = signed;
  target.search = target.search === '' ? signed.search : target.search + signed.search.replace('?', '&');
  const response = await post(target, headers, rawBody);
  const text = await response.text();
  if (!options.json) return [`${response.status} ${response.statusText}\n${text}`, response.ok];
  return [JSON.stringify({ status: response.status, body: parse(text) }, null, 2), response.ok];
}

function toUrl({ host, port, tls }: Settings, source: string, url?: string): URL {
  const target = URL.parse(url ?? toOrigin(host ?? '127.0.0.1', port, tls && 'https'));
  if (target === null || !/^https?:$/.test(target.protocol)) {
    throw new UsageError('--url: expected a URL such as http://127.0.0.1:8080');
  }
  if (target.pathname === '/') target.pathname = `/webhooks/${source}`;
  return target;
}

/** The URL that the running Surehook takes for its own, and so for the one that was signed. */
function publicUrlOf({ agent }: Settings, { origin, pathname, search }: URL): string {
  return `${agent.publicUrl?.replace(/\/+$/, '') ?? origin}${pathname}${search}`;
}

function readBodyFile(file: string): Buffer {
  try {
    return readFileSync(file === '-' ? 0 : file);
  } catch (error) {
    throw new ConfigError(`--file: ${(error as Error).message}`);
  }
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
