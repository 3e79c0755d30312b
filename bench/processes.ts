// Reads from /proc what processes cost: CPU time and memory.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** USER_HZ is 100 on every platform on which Node runs under Linux. */
const MS_PER_TICK = 10;

/** CPU milliseconds of all threads of these processes since the processes began. */
export function cpuMs(pids: readonly number[]): number {
  return pids.map((pid) => ticksOf(`/proc/${pid}/stat`) * MS_PER_TICK).reduce((a, b) => a + b, 0);
}

function ticksOf(file: string): number {
  try {
    // utime and stime are fields 14 and 15 of proc_pid_stat(5); field 2 is a `(name)` that may hold spaces.
    const fields = readFileSync(file, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    return Number(fields[11]) + Number(fields[12]);
  } catch {
    return 0; // the process has ended: PostgreSQL's processes come and go
  }
}

/** CPU milliseconds of the whole machine since its start, but for idle time and waits for I/O. */
export function machineCpuMs(): number {
  const [, user, nice, system, , , irq, softirq] = readFileSync('/proc/stat', 'utf8')
    .split(/\s+/)
    .map(Number);
  return ((user ?? 0) + (nice ?? 0) + (system ?? 0) + (irq ?? 0) + (softirq ?? 0)) * MS_PER_TICK;
}

export function rssMb(pids: readonly number[]): number {
  return sumOfStatus(pids, 'VmRSS');
}

export function peakRssMb(pids: readonly number[]): number {
  return sumOfStatus(pids, 'VmHWM');
}

function sumOfStatus(pids: readonly number[], name: string): number {
  const kb = (pid: number) =>
    Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  return pids.map(kb).reduce((a, b) => a + b, 0) / 1_024;
}

/** The Temporal server that listens on a port of this machine, if there is one, and PostgreSQL's processes. */
export function serverPids(port: number): number[] {
  const inodes = listeningInodes(port);
  return pids().filter(
    (pid) => commandOf(pid) === 'postgres' || opened(pid).some((inode) => inodes.has(inode)),
  );
}

function listeningInodes(port: number): Set<string> {
  const lines = ['tcp', 'tcp6'].flatMap((name) => readFileSync(`/proc/net/${name}`, 'utf8').split('\n'));
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const rows = lines.map((line) => line.trim().split(/\s+/));
  return new Set(
    rows.filter((row) => row[1]?.endsWith(local) && row[3] === '0A').map((row) => `socket:[${row[9]}]`),
  );
}

function pids(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return '';
  }
}

function opened(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
  } catch {
    return []; // the process has ended meanwhile
  }
}
