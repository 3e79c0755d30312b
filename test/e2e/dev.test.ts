// Tests `surehook dev` as its user runs it: what it prints and keeps, how it ends, and what the next start finds.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { runCommand, runSurehook, signalGroup } from '../support/command.ts';
import { isAlive } from '../support/is-alive.ts';
import { CLI, newId, PROJECT } from '../support/surehook.ts';
import { waitFor } from '../support/wait-for.ts';

const STOP_WITHIN_MS = 10_000;
const CONFIG = join(PROJECT, 'surehook.config.ts');

/** The folders of one `surehook dev`: its state directory, and its working folder, which may hold a `.env`. */
interface Home {
  stateDir: string;
  cwd: string;
}

const homes: Home[] = [];
const devs: Dev[] = [];
/** Temporal servers to kill at the end, since each has its own process group. */
const serverPids = new Set<number>();

function newHome(): Home {
  const cwd = mkdtempSync(join(tmpdir(), 'surehook-dev-'));
  const home = { cwd, stateDir: join(cwd, 'state') };
  homes.push(home);
  return home;
}

const envOf = ({ stateDir }: Home, env: Record<string, string> = {}) => ({
  SUREHOOK_STATE_DIR: stateDir,
  SUREHOOK_CONFIG: CONFIG,
  TEMPORAL_CLI_PATH: inject('temporalCliPath'),
  PORT: '0',
  OPERATOR_PORT: '0',
  TEMPORAL_PORT: '0',
  TEMPORAL_UI_PORT: '0',
  ...env,
});

/** A `surehook dev` that leads a process group, as a command on a terminal does. */
class Dev {
  readonly home: Home;
  readonly child: ChildProcess;
  output = '';

  constructor(home: Home, env: Record<string, string> = {}) {
    const { PATH = '', HOME = '' } = process.env;
    this.home = home;
    this.child = spawn(process.execPath, [CLI, 'dev'], {
      cwd: home.cwd,
      env: { PATH, HOME, ...envOf(home, env) },
      detached: true,
    });
    const keep = (chunk: Buffer) => {
      this.output += chunk.toString();
    };
    this.child.stdout?.on('data', keep);
    this.child.stderr?.on('data', keep);
    devs.push(this);
  }

  /** Starts `surehook dev`, and waits until its whole banner is printed. */
  static async up(home: Home, env: Record<string, string> = {}): Promise<Dev> {
    const dev = new Dev(home, env);
    await waitFor(() => dev.output.includes(`\n  -d '{`) || dev.hasEnded);
    if (dev.hasEnded) throw new Error(`surehook dev did not start: ${dev.output}`);
    if (existsSync(dev.pidFile)) serverPids.add(dev.serverPid);
    return dev;
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  get pidFile(): string {
    return join(this.home.stateDir, 'temporal.pid');
  }

  get serverPid(): number {
    return JSON.parse(readFileSync(this.pidFile, 'utf8')).pid;
  }

  /** The value in the banner's line with this name. */
  fact(name: string): string {
    return new RegExp(`^ {2}${name} {2,}(.*)$`, 'm').exec(this.output)?.[1] ?? '';
  }

  get publicUrl(): string {
    return this.fact('Ingress').replace(/\/webhooks\/.*/, '');
  }

  get operatorUrl(): string {
    return this.fact('Operator API').replace('/api/v1', '');
  }

  /** The banner's command to paste. */
  get curl(): string {
    return /^curl -i [\s\S]*?[^\\]\n/m.exec(this.output)?.[0] ?? '';
  }

  /** @returns the exit code, or the signal's name */
  async end(signal: NodeJS.Signals, times = 1): Promise<number | string | null> {
    const ended = this.hasEnded ? undefined : once(this.child, 'close');
    const deadline = AbortSignal.timeout(STOP_WITHIN_MS);
    for (let n = 0; n < times; n += 1) {
      if (n > 0) await pause(80); // without a pause the kernel may merge two signals into one
      signalGroup(this.child, signal);
    }
    await Promise.race([
      ended,
      once(deadline, 'abort').then(() => expect.fail(`still there: ${this.output}`)),
    ]);
    return this.child.exitCode ?? this.child.signalCode;
  }
}

async function paste(curl: string): Promise<{ status: number; body: Record<string, unknown> }> {
  const { code, stdout, stderr } = await runCommand(['-c', curl], {}, { command: 'bash' });
  expect(code, stderr).toBe(0);
  const [head = '', body = ''] = stdout.split('\r\n\r\n');
  return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1]), body: JSON.parse(body) };
}

async function retentionDays(address: string): Promise<number> {
  const connection = await Connection.connect({ address });
  try {
    const { config } = await connection.workflowService.describeNamespace({ namespace: 'default' });
    return Number(config?.workflowExecutionRetentionTtl?.seconds) / 86_400;
  } finally {
    await connection.close();
  }
}

function expectGone(dev: Dev, serverPid: number): void {
  expect(isAlive(serverPid)).toBe(false);
  expect(existsSync(dev.pidFile)).toBe(false);
  expect(signalGroup(dev.child, 'SIGKILL')).toBe(false);
}

/** Shows an event as a user would in another terminal. */
async function show(dev: Dev, eventId: string) {
  const env = envOf(dev.home, { SUREHOOK_OPERATOR_URL: dev.operatorUrl });
  const args = ['events', 'show', 'partner', eventId, '--json'];
  const { code, stdout, stderr } = await runSurehook(args, env);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout);
}

function expectOneLine({ code, stderr, stdout }: Awaited<ReturnType<typeof runSurehook>>, fault: string) {
  expect(stderr).toMatch(/^surehook: [^\n]+\n$/);
  expect(stderr).toContain(fault);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
}

async function closeAll(): Promise<void> {
  for (const dev of devs.splice(0)) if (signalGroup(dev.child, 'SIGKILL')) await once(dev.child, 'exit');
  for (const pid of serverPids) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
  serverPids.clear();
  for (const { cwd } of homes.splice(0)) rmSync(cwd, { recursive: true, force: true });
}

describe('surehook dev, once it is up,', () => {
  let dev: Dev;

  beforeAll(async () => {
    const home = newHome();
    writeFileSync(join(home.cwd, '.env'), `GITHUB_WEBHOOK_SECRET=from-the-env-file\n`);
    dev = await Dev.up(home);
  });

  afterAll(closeAll);

  it('has printed every address, and each address answers', async () => {
    expect(dev.fact('Ingress')).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/webhooks\/\{partner,github,stripe\}$/);
    const operator = await fetch(`${dev.operatorUrl}/api/v1/events`, {
      headers: { authorization: `Bearer ${dev.fact('Operator token')}` },
    });
    expect(operator.status).toBe(200);
    const webUi = await fetch(dev.fact('Temporal Web UI'));
    expect([webUi.status, webUi.headers.get('content-type')]).toEqual([200, expect.stringContaining('html')]);
    expect(dev.fact('Temporal')).toContain(`data in ${dev.home.stateDir}/temporal.db`);
    expect((await fetch(`${dev.publicUrl}/readyz`)).status).toBe(200);
  });

  it('has printed the names of the secrets that it made, and the file that only its owner can read', async () => {
    const file = join(dev.home.stateDir, 'secrets.json');
    const [names, path] = dev.fact('Secrets made').split(', kept in ');
    expect(path).toBe(file);
    const kept = JSON.parse(readFileSync(file, 'utf8'));
    expect(names?.split(', ')).toEqual(Object.keys(kept));
    expect(Object.keys(kept)).toEqual(
      expect.arrayContaining(['SUREHOOK_OPERATOR_TOKEN', 'PARTNER_WEBHOOK_SECRET']),
    );
    expect(kept).not.toHaveProperty('GITHUB_WEBHOOK_SECRET'); // .env has it
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(dev.home.stateDir).mode & 0o777).toBe(0o700);
    expect(kept.SUREHOOK_OPERATOR_TOKEN).toBe(dev.fact('Operator token'));
    expect(dev.output).not.toContain(kept.PARTNER_WEBHOOK_SECRET);
  });

  it('has printed a curl command that a shell can run, with the answer 202, and 200 the second time', async () => {
    const first = await paste(dev.curl);
    expect(first).toMatchObject({ status: 202, body: { status: 'accepted', source: 'partner' } });
    const eventId = String(first.body.event_id);
    expect(await paste(dev.curl)).toMatchObject({
      status: 200,
      body: { status: 'duplicate', event_id: eventId },
    });
    const event = await waitFor(
      () => show(dev, eventId),
      ({ closed_at }) => closed_at !== null,
    );
    expect(event).toMatchObject({ status: 'processed', handler: { status: 'succeeded' } });
    expect(event.web_ui_url).toContain(`${dev.fact('Temporal Web UI')}/namespaces/default/workflows/partner`);
  });

  it('lets other commands use its secrets', async () => {
    const inItsFolder = { cwd: dev.home.cwd };
    const env = envOf(dev.home);
    expect(await runSurehook(['config', 'check'], env, inItsFolder)).toMatchObject({ code: 0, stderr: '' });
    for (const source of ['partner', 'github']) {
      const sent = await runSurehook(['send', source, '--url', dev.publicUrl], env, inItsFolder);
      expect(sent.stdout).toMatch(/^202 Accepted\n/);
    }
  });

  it('keeps events, and so recognises duplicates, for 30 days', async () => {
    const [address = ''] = dev.fact('Temporal').split(',');
    expect(await retentionDays(address)).toBe(30);
  });

  it('has its state directory to itself: a second `surehook dev` fails with one line', async () => {
    const fault = `SUREHOOK_STATE_DIR ${dev.home.stateDir} is in use by another Surehook (pid ${dev.child.pid}); stop it`;
    expectOneLine(await runSurehook(['dev'], envOf(dev.home)), fault);
    expect(isAlive(dev.serverPid)).toBe(true);
  });
});

describe('surehook dev', () => {
  afterEach(closeAll);

  it('stops in order on Ctrl-C, which npm passes on once more, and the next start knows every event', async () => {
    const home = newHome();
    const first = await Dev.up(home);
    const { body } = await paste(first.curl);
    const { serverPid } = first;
    expect(await first.end('SIGINT', 2)).toBe(0);
    expectGone(first, serverPid);
    expect(first.output.match(/"msg":"stopp(ing|ed)"/g)).toEqual(['"msg":"stopping"', '"msg":"stopped"']);

    const second = await Dev.up(home);
    expect(second.fact('Secrets made')).toBe('');
    expect(second.fact('Operator token')).toBe(first.fact('Operator token'));
    const again = await paste(first.curl.replace(first.publicUrl, second.publicUrl));
    expect(again).toMatchObject({ status: 200, body: { status: 'duplicate', event_id: body.event_id } });
    expect(await show(second, String(body.event_id))).toMatchObject({
      payload: { data: { hello: 'world' } },
    });
    expect(await second.end('SIGTERM')).toBe(0);
  });

  it('killed by SIGKILL leaves a Temporal server, which the next start adopts and stops', async () => {
    const home = newHome();
    const first = await Dev.up(home);
    const { body } = await paste(first.curl);
    await waitFor(
      () => show(first, String(body.event_id)),
      ({ status }) => status === 'processed',
    );
    const { serverPid } = first;
    expect(await first.end('SIGKILL')).toBe('SIGKILL');
    expect(isAlive(serverPid)).toBe(true);

    const second = await Dev.up(home);
    expect(second.serverPid).toBe(serverPid);
    const again = await paste(first.curl.replace(first.publicUrl, second.publicUrl));
    expect(again).toMatchObject({ status: 200, body: { status: 'duplicate', event_id: body.event_id } });
    expect(await show(second, String(body.event_id))).toMatchObject({ status: 'processed' });
    expect(await second.end('SIGINT', 2)).toBe(0);
    expectGone(second, serverPid);
  });

  it('started by `npm start` ends with npm, though npm is killed and cannot hand that on', async () => {
    const home = newHome();
    const scripts = { start: 'surehook dev' };
    writeFileSync(join(home.cwd, 'package.json'), JSON.stringify({ name: 'a-project', scripts }));
    symlinkSync(join(PROJECT, 'node_modules'), join(home.cwd, 'node_modules'));
    const { PATH = '', HOME = '' } = process.env;
    const npm = spawn('npm', ['start'], {
      cwd: home.cwd,
      env: { PATH, HOME, ...envOf(home) },
      detached: true,
    });
    let output = '';
    npm.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    const pidFile = join(home.stateDir, 'temporal.pid');
    await waitFor(() => output.includes(`\n  -d '{`));
    const { pid: serverPid, owner } = JSON.parse(readFileSync(pidFile, 'utf8'));
    serverPids.add(serverPid);
    process.kill(npm.pid as number, 'SIGKILL');
    await waitFor(() => !isAlive(owner.pid) && !isAlive(serverPid));
    await waitFor(() => !signalGroup(npm, 'SIGKILL'));
    expect(existsSync(pidFile)).toBe(false);
    expect(output).toContain('"msg":"stopped"');
  });

  it('reads what it has encrypted under its own key, though a `.env` made for Compose has another', async () => {
    const home = newHome();
    const first = await Dev.up(home);
    const { body } = await paste(first.curl);
    const eventId = String(body.event_id);
    await waitFor(
      () => show(first, eventId),
      ({ status }) => status === 'processed',
    );
    expect(await first.end('SIGTERM')).toBe(0);
    const key = `k1:${Buffer.alloc(32, 'k').toString('base64')}`;
    writeFileSync(join(home.cwd, '.env'), `SUREHOOK_ENCRYPTION_KEYS=${key}\nPOSTGRES_PASSWORD=x\n`);
    const second = await Dev.up(home);
    expect(await show(second, eventId)).toMatchObject({ payload: { data: { hello: 'world' } } });
    expect((await paste(second.curl)).status).toBe(202);
    expect(await second.end('SIGTERM')).toBe(0);
  });

  it('interrupted while it starts leaves no Temporal server behind', async () => {
    const dev = new Dev(newHome());
    await waitFor(() => existsSync(dev.pidFile) && readFileSync(dev.pidFile, 'utf8').endsWith('}'));
    const { serverPid } = dev;
    serverPids.add(serverPid);
    expect(await dev.end('SIGINT', 2)).toBe(130);
    expectGone(dev, serverPid);
  });

  it('exits with 1, and prints why, when its Temporal server dies', async () => {
    const dev = await Dev.up(newHome());
    const ended = once(dev.child, 'close');
    process.kill(dev.serverPid, 'SIGKILL');
    expect((await ended)[0]).toBe(1);
    expect(dev.output).toContain('the Temporal dev server has stopped (SIGKILL); its log: ');
  });

  it('uses the server at TEMPORAL_ADDRESS instead of its own, and does not change its retention', async () => {
    const address = inject('temporalAddress');
    const before = await retentionDays(address);
    const home = newHome();
    const dev = await Dev.up(home, { TEMPORAL_ADDRESS: address, SUREHOOK_TASK_QUEUE: newId('queue') });
    expect(dev.fact('Temporal')).toBe(address);
    expect(existsSync(dev.pidFile)).toBe(false);
    expect(existsSync(join(home.stateDir, 'temporal.db'))).toBe(false);
    expect((await paste(dev.curl)).status).toBe(202);
    expect(await dev.end('SIGINT', 2)).toBe(0);
    expect(await retentionDays(address)).toBe(before);
  });
});

describe.concurrent('surehook dev that cannot start', () => {
  afterAll(closeAll);

  it.each(['TEMPORAL_PORT', 'TEMPORAL_UI_PORT'])('with %s in use prints one line', async (setting) => {
    const other = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const home = newHome();
    const outcome = await runSurehook(['dev'], envOf(home, { [setting]: String(port) }));
    expectOneLine(outcome, `${setting} ${port} is in use; set ${setting} to a free port`);
    expect(existsSync(join(home.stateDir, 'temporal.pid'))).toBe(false);
    expect(other.listening).toBe(true);
    other.close();
  });

  it('with its own PORT in use prints one line, and stops the Temporal server that it had started', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const home = newHome();
    const { code, stderr } = await runSurehook(['dev'], envOf(home, { PORT: String(port) }));
    expect([code, stderr]).toEqual([1, `surehook: PORT: port ${port} is in use; set PORT to a free port\n`]);
    expect(existsSync(join(home.stateDir, 'temporal.db'))).toBe(true);
    expect(existsSync(join(home.stateDir, 'temporal.pid'))).toBe(false);
    other.close();
  });

  it('with a TEMPORAL_CLI_PATH that does not work prints one line', async () => {
    const fault =
      'TEMPORAL_CLI_PATH /no/temporal does not exist; name a working `temporal` binary, or unset it';
    const outcome = await runSurehook(['dev'], envOf(newHome(), { TEMPORAL_CLI_PATH: '/no/temporal' }));
    expectOneLine(outcome, fault);
  });
});
