// Runs a real store that speaks S3 and checks signatures: versitygw over a folder, built once by Go.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { loadSettings } from '../../src/config/settings.ts';
import { claimPort } from '../../src/temporal/dev/ports-and-processes.ts';
import { waitFor } from './wait-for.ts';

const VERSION = 'v1.8.0';
const MODULE = `github.com/versity/versitygw/cmd/versitygw@${VERSION}`;

export const S3_CREDENTIALS = {
  AWS_ACCESS_KEY_ID: 'the-tests',
  AWS_SECRET_ACCESS_KEY: 'secret-of-the-tests',
};

/** @returns the path of versitygw in the cache; the first call has Go build it there, in a minute or two */
export async function findS3Server(): Promise<string> {
  const { cacheDir } = loadSettings();
  const folder = join(cacheDir, `versitygw-${VERSION}`);
  const path = join(folder, 'versitygw');
  if (existsSync(path)) return path;
  try {
    await promisify(execFile)('go', ['install', MODULE], { env: { ...process.env, GOBIN: folder } });
    return path;
  } catch (error) {
    throw new Error(`these tests need versitygw, which needs Go: go install ${MODULE}`, { cause: error });
  }
}

export class S3Server {
  readonly endpoint: string;
  readonly #child: ChildProcess;

  private constructor(endpoint: string, child: ChildProcess) {
    this.endpoint = endpoint;
    this.#child = child;
  }

  /**
   * Starts a store with the bucket `bodies`.
   *
   * @param endpoint of a stopped store, which starts again with its objects
   */
  static async start(folder: string, endpoint?: string): Promise<S3Server> {
    const path = await findS3Server();
    const address = endpoint?.slice('http://'.length) ?? `127.0.0.1:${await claimPort('port', 0, 'none')}`;
    const [root, sidecar] = [join(folder, 'root'), join(folder, 'sidecar')];
    for (const path of [join(root, 'bodies'), sidecar]) mkdirSync(path, { recursive: true });
    const { AWS_ACCESS_KEY_ID: access, AWS_SECRET_ACCESS_KEY: secret } = S3_CREDENTIALS;
    const args = [
      '--port',
      address,
      '--access',
      access,
      '--secret',
      secret,
      'posix',
      '--sidecar',
      sidecar,
      root,
    ];
    const server = new S3Server(`http://${address}`, spawn(path, args, { stdio: 'ignore' }));
    await waitFor(() => fetch(server.endpoint).then(Boolean, () => false));
    return server;
  }

  async stop(): Promise<void> {
    const exit = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exit;
  }
}
