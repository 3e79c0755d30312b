// Lists what happened to one event, in order: from the book, from Temporal's history and from the processes' logs.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { type Book, type EventRecord, keyOf } from './book.ts';
import { callbackOf } from './tasks.ts';

const AROUND_MS = 12_000;

export async function timelineOf(
  book: Book,
  event: EventRecord,
  client: Client,
  folder: string,
): Promise<string[]> {
  const lines: [at: number, text: string][] = [];
  for (const { at, endedAt, to, answer } of event.sends)
    lines.push([at, `sent to ${to}: ${answer} after ${endedAt - at} ms`]);
  for (const { at, by } of event.handled) lines.push([at, `handled by ${by}`]);
  for (const { at, by, endpoint, answer } of event.deliveries)
    lines.push([at, `delivered to ${endpoint} by ${by}: ${answer}`]);
  for (const id of [keyOf(event), callbackOf(event)])
    if (id !== undefined) lines.push(...(await historyOf(client, id)));
  lines.push(...logLines(folder, event, book));
  const times = lines.map(([at]) => at);
  const [from, to] = [Math.min(...times) - AROUND_MS, Math.max(...times)];
  for (const { at, until = to, action, target } of book.incidents) {
    if (at <= to && until >= from) lines.push([at, `--- ${action} ${target} until ${book.clock(until)}`]);
  }
  return lines.toSorted(([a], [b]) => a - b).map(([at, text]) => `${book.clock(at).padStart(10)}  ${text}`);
}

async function historyOf(client: Client, workflowId: string): Promise<[number, string][]> {
  try {
    const { events = [] } = await client.workflow.getHandle(workflowId).fetchHistory();
    return (events ?? []).map((event) => {
      const { seconds, nanos } = event.eventTime ?? {};
      const kind = Object.keys(event).find((key) => key.endsWith('EventAttributes')) ?? '';
      const at = Number(seconds ?? 0) * 1_000 + (nanos ?? 0) / 1e6;
      return [at, `history ${event.eventId}: ${kind.replace('EventAttributes', '')}`];
    });
  } catch (error) {
    return [[Date.now(), `no history: ${(error as Error).message}`]];
  }
}

/** The lines about the event, or about the callback of the task, in the logs of the processes. */
function logLines(folder: string, { id }: EventRecord, book: Book): [number, string][] {
  const files = readdirSync(folder).filter((file) => /^(api|worker|serve)\d+\.log$/.test(file));
  return files.flatMap((file) => {
    const lines = readFileSync(join(folder, file), 'utf8').split('\n');
    return lines
      .filter((line) => line.includes(`${id}"`) || line.includes(`${id}.`))
      .map((line): [number, string] => [
        book.startedAt + Number.parseFloat(line) * 1_000,
        `${file}: ${line.replace(/^\S+ s /, '').slice(0, 400)}`,
      ]);
  });
}
