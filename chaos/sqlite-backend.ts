// Runs Temporal's dev server on a SQLite file, as `surehook dev` does.
import { type DevServer, startDevServer } from '../src/temporal/dev/dev-server.ts';
import { claimPort } from '../src/temporal/dev/ports-and-processes.ts';
import type { Backend } from './temporal-server.ts';

export async function createSqliteBackend(cliPath: string, folder: string): Promise<Backend> {
  const port = await claimPort('port', 0, '');
  const uiPort = await claimPort('port', 0, '');
  let server: DevServer | undefined;
  return {
    port,
    async start(onExit) {
      server = await startDevServer({
        cliPath,
        stateDir: folder,
        port,
        uiPort,
        onExit: (reason) => {
          server = undefined;
          onExit(reason);
        },
      });
      return server.pid;
    },
    async stop() {
      await server?.stop();
    },
    killNow() {
      try {
        if (server) process.kill(server.pid, 'SIGKILL');
      } catch {
        // the server has ended
      }
    },
  };
}
