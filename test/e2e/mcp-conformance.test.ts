// Runs the MCP project's own conformance kit against a Surehook whose task types are the tools that the kit calls.
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { API_KEYS, CLIENT_KEYS } from '../support/agent-client.ts';
import { KeyProxy } from '../support/key-proxy.ts';
import { PROJECT, Surehook } from '../support/surehook.ts';

const KIT = join(PROJECT, 'node_modules/@modelcontextprotocol/conformance/dist/index.js');
const SPEC_VERSION = '2026-07-28';
/** For a scenario; the kit's own 30 s are little for a machine that is busy. */
const WITHIN_MS = 100_000;
/** Every scenario of the extension but `tasks-status-notifications`, in which the kit checks nothing yet. */
const SCENARIOS = [
  'tasks-lifecycle',
  'tasks-capability-negotiation',
  'tasks-wire-fields',
  'tasks-request-headers',
  'tasks-dispatch-and-envelope',
  'tasks-required-task-error',
  'tasks-mrtr-input',
  'tasks-mrtr-composition',
  'tasks-request-state-removal',
];

let surehook: Surehook;
let proxy: KeyProxy;
let folder: string;

beforeAll(async () => {
  surehook = await Surehook.start({
    role: 'serve',
    temporalAddress: inject('temporalAddress'),
    taskQueue: 'mcp-conformance',
    config: 'mcp-fixture',
    env: { SUREHOOK_API_KEYS: API_KEYS },
  });
  proxy = await KeyProxy.start(surehook.publicUrl, CLIENT_KEYS.alice);
  folder = await mkdtemp(join(tmpdir(), 'mcp-conformance-'));
});

afterAll(async () => {
  await proxy.stop();
  await surehook.stop();
  await rm(folder, { recursive: true });
});

interface Check {
  id: string;
  status: 'SUCCESS' | 'FAILURE' | 'WARNING' | 'SKIPPED' | 'INFO';
  errorMessage?: string;
}

/** @returns the checks, as the kit writes them */
async function run(scenario: string): Promise<Check[]> {
  const output = join(folder, scenario);
  const args = ['server', '--url', `${proxy.url}/mcp`, '--scenario', scenario];
  const options = ['--spec-version', SPEC_VERSION, '--force', '--timeout', String(WITHIN_MS), '-o', output];
  const { PATH = '', HOME = '' } = process.env;
  const call = promisify(execFile)(process.execPath, [KIT, ...args, ...options], { env: { PATH, HOME } });
  await call.catch(() => undefined); // its exit code says less than its checks
  const files = await readdir(output, { recursive: true });
  const file = files.find((name) => name.endsWith('checks.json'));
  return JSON.parse(await readFile(join(output, file ?? ''), 'utf8')) as Check[];
}

describe('the conformance kit of MCP passes', () => {
  it.each(SCENARIOS)('%s', async (scenario) => {
    const checks = await run(scenario);
    expect(checks.filter(({ status }) => status !== 'SUCCESS')).toEqual([]);
    expect(checks.length).toBeGreaterThan(0);
  });
});
