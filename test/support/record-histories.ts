// Records the histories that test/workflows/replay.test.ts replays: node test/support/record-histories.ts
// Run it when a workflow gains a path. A history that is there already stays: runs of its time may still be open.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSettings } from '../../src/config/settings.ts';
import { startDevServer } from '../../src/temporal/dev-server.ts';
import { findTemporalCli } from '../../src/temporal/find-cli.ts';
import { type Answer, Receiver } from './receiver.ts';
import { Surehook } from './surehook.ts';

interface Story {
  name: string;
  type: string;
  source?: string;
  script?: Record<string, Answer[]>;
  /** Sent again once it has failed. */
  resend?: boolean;
}

const STORIES: Story[] = [
  { name: 'no-steps', type: 'nobody-listens' },
  { name: 'handled-and-delivered', type: 'both' },
  { name: 'handler-retried', type: 'handled', script: { '/handler': [500, 500, 200] } },
  { name: 'handler-permanent-error', type: 'both', script: { '/handler': [422] } },
  { name: 'handler-regular-only', type: 'any', source: 'slow' },
  { name: 'delivery-retried', type: 'both', script: { '/first': [500, 500, 200], '/second': [503, 200] } },
  { name: 'one-delivery-dead', type: 'both', script: { '/second': [500] } },
  { name: 'gone', type: 'forwarded', script: { '/first': [410] } },
  { name: 'rerun-from-checkpoint', type: 'both', script: { '/second': [500, 500, 500, 200] }, resend: true },
];

const { path, cacheDir } = loadSettings(process.env);
const stateDir = mkdtempSync(join(tmpdir(), 'surehook-record-'));
const receiver = await Receiver.start();
const cliPath = await findTemporalCli({ path, cacheDir, onProgress: () => undefined });
const ports = { port: 0, uiPort: 0, inMemory: true, searchAttributes: {}, onExit: () => undefined };
const server = await startDevServer({ cliPath, stateDir, ...ports });
const env = { RECEIVER_URL: receiver.url };
const surehook = await Surehook.start({
  role: 'serve',
  temporalAddress: server.address,
  taskQueue: 'record',
  env,
});

for (const { name, type, source = 'partner', script = {}, resend } of STORIES) {
  const file = new URL(`../histories/${name}.json`, import.meta.url);
  if (existsSync(file)) continue;
  for (const [at, answers] of Object.entries(script)) receiver.script(at, name, answers);
  await surehook.send({ event_id: name, type }, source);
  await surehook.untilEvent(source, name, (event) => event.closed_at !== null);
  if (resend) {
    await surehook.send({ event_id: name, type }, source);
    await surehook.untilEvent(source, name, (event) => event.status === 'processed');
  }
  const show = ['workflow', 'show', '--workflow-id', `${source}:${name}`, '--output', 'json'];
  const json = execFileSync(cliPath, [...show, '--address', server.address], { encoding: 'utf8' });
  writeFileSync(file, json.replaceAll(hostname(), 'recorder'));
  process.stdout.write(`recorded ${name}\n`);
}

await surehook.stop();
await server.stop();
await receiver.stop();
rmSync(stateDir, { recursive: true, force: true });
