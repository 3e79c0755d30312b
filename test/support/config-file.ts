// Writes and loads the config files of one test file, and reads the one line with which a config is refused.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, expect } from 'vitest';
import type { Config, EndpointConfig, SourceConfig } from '../../src/config/config.ts';
import { ConfigError } from '../../src/config/config-error.ts';
import type { ResolveOptions } from '../../src/config/resolve-config.ts';
import { loadConfig } from '../../src/user-code/load-config.ts';

/** Config files of tests import this in place of `surehook`, so that no build is needed. */
export const INDEX = new URL('../../src/index.ts', import.meta.url).href;
const ZOD = pathToFileURL(createRequire(import.meta.url).resolve('zod')).href;

/** The secrets that the config of `configText` needs. */
export const ENV = { A: 'secret-of-a-0123456789', B: 'secret-of-b-0123456789' };

export const folder = mkdtempSync(join(tmpdir(), 'surehook-config-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;

/** @returns the path of a new file */
export function write(text: string, name = `${++files}.config.ts`): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/**
 * Source text that is added: to the source `partner`, to all sources, to the endpoint `billing`, to all
 * endpoints, or at the top.
 */
export interface Parts {
  source?: string;
  sources?: string;
  endpoint?: string;
  endpoints?: string;
  top?: string;
}

/** The text of a valid config with what a test adds. */
export function configText({ source, sources, endpoint, endpoints, top }: Parts = {}): string {
  return `
    import { defineConfig, secret } from '${INDEX}';
    import { z } from '${ZOD}';
    const secrets = [secret('B')];
    export default defineConfig({
      sources: { partner: { verify: { scheme: 'hmac', secrets: [secret('A')] }, ${source ?? ''} }, ${sources ?? ''} },
      endpoints: { billing: { url: 'https://billing.test/hooks', secrets, ${endpoint ?? ''} }, ${endpoints ?? ''} },
      ${top ?? ''}
    });`;
}

export async function load(parts: Parts = {}, options: Partial<ResolveOptions> = {}): Promise<Config> {
  return await loadConfig({ path: write(configText(parts)), env: ENV, ...options });
}

/** Loads a config. @returns its source `partner` and its endpoint `billing` */
export async function loadOne(parts: Parts = {}, options: Partial<ResolveOptions> = {}) {
  const { sources, endpoints } = await load(parts, options);
  return {
    source: sources.get('partner') as SourceConfig,
    endpoint: endpoints.get('billing') as EndpointConfig,
  };
}

/** Asserts that the loading ends with a `ConfigError`. @returns its message, which must be one line */
export async function refusal(loading: Promise<unknown>): Promise<string> {
  const error = await loading.then(
    () => expect.fail('the config was accepted'),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ConfigError);
  const { message } = error as ConfigError;
  expect(message).not.toMatch(/[\r\n]/);
  return message;
}

/** @returns the faults that are named when a config with these parts is refused */
export async function faultsOf(parts: Parts): Promise<string[]> {
  const path = write(configText(parts));
  const message = await refusal(loadConfig({ path, env: ENV }));
  const opening = `${path} is not valid: `;
  expect(message.slice(0, opening.length)).toBe(opening);
  return message.slice(opening.length).split('; ');
}
