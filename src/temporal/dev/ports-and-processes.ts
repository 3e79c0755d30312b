// Ports and processes of this machine: which ports are free, and which processes live.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';

export const LOOPBACK = '127.0.0.1';
const POLL_MS = 250;

/**
 * @param setting the setting that names the port, for the error
 * @param otherwise what else may help, for the error
 * @returns the port, or a free port for 0
 * @throws Error if the port is in use or cannot be opened
 */
export async function claimPort(setting: string, port: number, otherwise: string): Promise<number> {
  const fail = (problem: string) =>
    new Error(`${setting} ${port} ${problem}; set ${setting} to a free port, or ${otherwise}`);
  // macOS lets us listen on 127.0.0.1 beside a listener on all addresses, so listening alone proves nothing.
  if (port !== 0 && (await isOpen(port))) throw fail('is in use');
  const listener = createServer((socket) => socket.destroy()).listen(port, LOOPBACK);
  await once(listener, 'listening').catch(({ code }) => {
    throw fail(code === 'EADDRINUSE' ? 'is in use' : `cannot be opened (${code})`);
  });
  const claimed = (listener.address() as AddressInfo).port;
  // A connection that the listener closes keeps the kernel from giving the port to others that ask for a free port.
  if (port === 0) await once(connect(claimed, LOOPBACK).resume(), 'close');
  listener.close();
  return claimed;
}

/** Whether something listens on the port. */
export async function isOpen(port: number): Promise<boolean> {
  const socket = connect(port, LOOPBACK);
  const connected = once(socket, 'connect').then(() => true);
  return await connected.catch(() => false).finally(() => socket.destroy());
}

/** Resolves when a process that is not our child has ended. */
export function goneByPolling(pid: number): Promise<null> {
  return new Promise((done) => {
    const timer = setInterval(() => {
      if (commandLine(pid) !== '') return;
      clearInterval(timer);
      done(null);
    }, POLL_MS).unref();
  });
}

/** The process that has started a process, or has inherited it; undefined if there is no such process. */
export function parentOf(pid: number): number | undefined {
  try {
    // The name of the command stands in brackets before the parent, and may have brackets and spaces itself.
    if (existsSync('/proc/self'))
      return Number(
        readFileSync(`/proc/${pid}/stat`, 'utf8')
          .replace(/^.*\) \S+ /s, '')
          .split(' ')[0],
      );
    return Number(execFileSync('ps', ['-o', 'ppid=', '-p', `${pid}`], { encoding: 'utf8' }).trim());
  } catch {
    return undefined;
  }
}

/** The command line of a process; empty if there is no such process, or only a zombie. */
export function commandLine(pid: number): string {
  try {
    if (existsSync('/proc/self'))
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    return execFileSync('ps', ['-ww', '-o', 'command=', '-p', `${pid}`], { encoding: 'utf8' }).trim();
  } catch {
    return '';
  }
}
