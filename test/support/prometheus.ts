// Runs a real Prometheus and its promtool: Debian's package `prometheus`, which .ci/run installs.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { parse, stringify } from 'yaml';
import { claimPort } from '../../src/temporal/dev/ports-and-processes.ts';
import { waitFor } from './wait-for.ts';

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
export const RULES = path('../../deploy/prometheus/rules.yml');
const EXAMPLE_CONFIG = path('../../deploy/prometheus/prometheus.yml');

export interface Sample {
  metric: Record<string, string>;
  value: [number, string];
}

export interface Rule {
  name: string;
  health: string;
  state: string;
  lastError?: string;
  alerts: { labels: Record<string, string>; state: string }[];
}

/** @returns promtool's output. @throws Error with that output if promtool reports a fault */
export async function promtool(...args: string[]): Promise<string> {
  try {
    const { stdout, stderr } = await promisify(execFile)('promtool', args);
    return stdout + stderr;
  } catch (error) {
    const { code, stdout = '', stderr = '' } = error as { code: unknown; stdout?: string; stderr?: string };
    throw code === 'ENOENT' ? missing('promtool') : new Error(`promtool ${args[0]}: ${stdout}${stderr}`);
  }
}

function missing(program: string): Error {
  return new Error(`${program} is not installed; these tests need it: apt-get install prometheus`);
}

export class Prometheus {
  readonly #url: string;
  readonly #child: ChildProcess;
  readonly #folder: string;

  private constructor(url: string, child: ChildProcess, folder: string) {
    this.#url = url;
    this.#child = child;
    this.#folder = folder;
  }

  /** Scrapes the target every second, otherwise with the config of deploy/prometheus. */
  static async start(target: string, token: string): Promise<Prometheus> {
    const folder = mkdtempSync(join(tmpdir(), 'surehook-prometheus-'));
    const config = parse(readFileSync(EXAMPLE_CONFIG, 'utf8'));
    config.global = { scrape_interval: '1s', evaluation_interval: '1s' };
    config.rule_files = [RULES];
    const [scrape] = config.scrape_configs;
    delete scrape.dns_sd_configs;
    scrape.static_configs = [{ targets: [target] }];
    scrape.authorization.credentials_file = join(folder, 'token');
    writeFileSync(join(folder, 'token'), token);
    writeFileSync(join(folder, 'prometheus.yml'), stringify(config));
    const address = `127.0.0.1:${await claimPort('port', 0, '')}`;
    const child = spawn('prometheus', [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=${address}`,
      '--log.level=warn',
    ]);
    let output = '';
    child.stderr.on('data', (chunk) => {
      output += chunk;
    });
    const failed = once(child, 'error').then(() => {
      throw missing('prometheus');
    });
    const ready = waitFor(async () => {
      if (child.exitCode !== null) throw new Error(`prometheus has stopped: ${output}`);
      const response = await fetch(`http://${address}/-/ready`).catch(() => undefined);
      return response?.ok;
    });
    await Promise.race([ready, failed]);
    return new Prometheus(`http://${address}`, child, folder);
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null) {
      this.#child.kill('SIGTERM');
      await once(this.#child, 'exit');
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** @throws Error with Prometheus's message if it does not accept the query */
  async query(expr: string): Promise<Sample[]> {
    const { result } = await this.#get<{ result: Sample[] }>(`query?query=${encodeURIComponent(expr)}`);
    return result;
  }

  async rules(): Promise<Rule[]> {
    const { groups } = await this.#get<{ groups: { rules: Rule[] }[] }>('rules');
    return groups.flatMap(({ rules }) => rules);
  }

  async metricNames(): Promise<string[]> {
    return await this.#get<string[]>('label/__name__/values');
  }

  async #get<T>(pathAndQuery: string): Promise<T> {
    const response = await fetch(`${this.#url}/api/v1/${pathAndQuery}`);
    const { status, data, error } = (await response.json()) as { status: string; data: T; error?: string };
    if (status !== 'success') throw new Error(`${decodeURIComponent(pathAndQuery)}: ${error}`);
    return data;
  }
}
