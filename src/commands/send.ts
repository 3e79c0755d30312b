// `surehook send`: sends a signed test event to a running ingress, or lists the samples that it can send.
import type { SourceConfig } from '../config/config.ts';
import { ConfigError, UsageError } from '../config/config-error.ts';
import { toOrigin } from '../config/http-origin.ts';
import type { Settings } from '../config/settings.ts';
import { parseExactly } from '../contracts/exact-json.ts';
import type { Sample } from '../samples/sample.ts';
import { defaultSample, listSamples, sampleByName, sampleOfType } from './choose-sample.ts';
import { guessContentType } from './guess-content-type.ts';
import { loadConfigForCommand } from './load-config-for-command.ts';
import { readInput } from './read-input.ts';
import { buildSignedRequest } from './signed-request.ts';
import { signedUrlOf } from './signed-url.ts';

export interface SendOptions {
  file?: string;
  contentType?: string;
  sample?: string;
  list?: boolean;
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
  if (options.file && options.sample) throw new UsageError('--sample: not together with --file');
  const config = await loadConfigForCommand(settings, { onlySource: sourceName });
  const source = config.sources.get(sourceName) as SourceConfig;
  if (options.list) return [listSamples(source, options.json), true];
  const { id, type } = options;
  const sample = options.file ? undefined : chooseSample(source, options);
  const url = toUrl(settings, sourceName, options.url);
  const request = buildSignedRequest(source, {
    ...(await givenBody(source, options)),
    ...(sample ? { sample } : {}),
    ...(id ? { id } : {}),
    ...(type ? { type } : {}),
    url: url.href,
    signedUrl: signedUrlOf(source, url, settings.agent.publicUrl),
  });
  const response = await post(new URL(request.url), request);
  const text = await response.text();
  if (!options.json) return [`${response.status} ${response.statusText}\n${text}`, response.ok];
  return [JSON.stringify({ status: response.status, body: parse(text) }, null, 2), response.ok];
}

/** @returns undefined for a type that no sample has: a body is made up for it */
function chooseSample(source: SourceConfig, { sample, type }: SendOptions): Sample | undefined {
  if (sample !== undefined) return sampleByName(source, sample);
  return type === undefined ? defaultSample(source) : sampleOfType(source, type);
}

async function givenBody({ body: expected }: SourceConfig, { file, contentType }: SendOptions) {
  if (!file) return contentType ? { contentType } : {};
  const body = await readInput('--file', file);
  return { body, contentType: contentType ?? guessContentType({ expected, body, file }) };
}

function toUrl({ host, port, tls }: Settings, source: string, url?: string): URL {
  const target = URL.parse(url ?? toOrigin(host ?? '127.0.0.1', port, tls && 'https'));
  if (target === null || !/^https?:$/.test(target.protocol)) {
    throw new UsageError('--url: expected a URL such as http://127.0.0.1:8080');
  }
  if (target.pathname === '/') target.pathname = `/webhooks/${source}`;
  return target;
}

async function post(
  url: URL,
  { headers, body }: { headers: Record<string, string>; body: Buffer },
): Promise<Response> {
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
