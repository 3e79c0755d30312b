// `surehook dead-letters`: lists, counts, shows, exports, replays and discards dead letters over the operator API.
import { createWriteStream } from 'node:fs';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { StringDecoder } from 'node:string_decoder';
import type { ViewOf } from '../api/http/route.ts';
import type { countDeadLettersRoute } from '../api/operator/dead-letters/count-dead-letters.ts';
import type { discardDeadLetterRoute } from '../api/operator/dead-letters/discard-dead-letter.ts';
import type { listDeadLettersRoute } from '../api/operator/dead-letters/list-dead-letters.ts';
import type { replayDeadLetterRoute } from '../api/operator/dead-letters/replay-dead-letter.ts';
import type { showDeadLetterRoute } from '../api/operator/dead-letters/show-dead-letter.ts';
import type { summariseDeadLettersRoute } from '../api/operator/dead-letters/summarise-dead-letters.ts';
import { ConfigError } from '../config/config-error.ts';
import { toPrintable } from '../contracts/printable.ts';
import { eventLines } from './events.ts';
import type { OperatorClient } from './operator-client.ts';
import { readInput } from './read-input.ts';
import { table, timeOf } from './text.ts';

type DeadLetterPage = ViewOf<typeof listDeadLettersRoute>;

export interface FilterOptions {
  source?: string;
  type?: string;
  step?: string;
  error?: string;
  since?: string;
  until?: string;
}

export interface DeadLetterListOptions extends FilterOptions {
  limit?: string;
  cursor?: string;
  json?: boolean;
}

export function toQuery({ source, type, step, error, since, until }: FilterOptions) {
  const times = { since: timeOf('--since', since), until: timeOf('--until', until) };
  return { source, type, step, error, ...times };
}

export async function deadLettersList(
  client: OperatorClient,
  options: DeadLetterListOptions,
): Promise<string> {
  const { limit, cursor, json } = options;
  const page = await client.get<DeadLetterPage>('/dead-letters', {
    ...toQuery(options),
    limit,
    cursor,
  });
  if (json) return JSON.stringify(page, null, 2);
  const more = page.next_cursor ? [`\nMore: --cursor ${page.next_cursor}`] : [];
  if (page.items.length === 0) return [noneText(options), ...more].join('\n');
  const rows = page.items.map((deadLetter) => [
    deadLetter.failed_at,
    deadLetter.source,
    deadLetter.event_id,
    deadLetter.event_type ?? '',
    deadLetter.failed_steps.join(', '),
    deadLetter.errors.join(', '),
    String(deadLetter.attempts ?? ''),
    ...(deadLetter.expires_soon ? [`expires ${deadLetter.expires_at}`] : []),
  ]);
  const head = ['FAILED', 'SOURCE', 'EVENT ID', 'TYPE', 'STEP', 'ERROR', 'ATTEMPTS'];
  return [table(head, rows), ...soonText(page.items, options), ...more].join('\n');
}

/** Says how to keep the dead letters that Temporal deletes soon. */
function soonText(items: DeadLetterPage['items'], { source }: FilterOptions): string[] {
  const soon = items.filter(({ expires_soon }) => expires_soon).length;
  if (soon === 0) return [];
  const [what, pronoun] = soon === 1 ? ['1 expires soon', 'it'] : [`${soon} expire soon`, 'them'];
  const filter = source === undefined ? '' : ` --source ${source}`;
  return [
    `\n${what}: Temporal deletes ${pronoun} then. To keep ${pronoun}: surehook dead-letters export${filter} --out <file>`,
  ];
}

function noneText(options: FilterOptions): string {
  const isFiltered = Object.values(toQuery(options)).some((value) => value !== undefined);
  return isFiltered ? 'No dead letters match.' : 'No dead letters: nothing has failed for good.';
}

export async function deadLettersCount(
  client: OperatorClient,
  options: FilterOptions & { json?: boolean },
): Promise<string> {
  const counted = await client.get<ViewOf<typeof countDeadLettersRoute>>(
    '/dead-letters/count',
    toQuery(options),
  );
  return options.json ? JSON.stringify(counted) : String(counted.count);
}

export async function deadLettersSummary(
  client: OperatorClient,
  options: FilterOptions & { json?: boolean },
): Promise<string> {
  type Summary = ViewOf<typeof summariseDeadLettersRoute>;
  const summary = await client.get<Summary>('/dead-letters/summary', toQuery(options));
  if (options.json) return JSON.stringify(summary, null, 2);
  if (summary.items.length === 0) return noneText(options);
  const rows = summary.items.map((group) => [
    String(group.count),
    group.source,
    group.event_type ?? '',
    group.step,
    group.error,
    group.first,
    group.last,
    group.example.event_id,
    group.message ?? '',
  ]);
  const head = ['COUNT', 'SOURCE', 'TYPE', 'STEP', 'ERROR', 'FIRST', 'LAST', 'EXAMPLE', 'MESSAGE'];
  const cut = summary.complete ? [] : [`\nThe latest ${summary.dead_letters} only: there are more.`];
  return [table(head, rows), ...cut].join('\n');
}

export async function deadLettersShow(
  client: OperatorClient,
  source: string,
  eventId: string,
  { json }: { json?: boolean },
): Promise<string> {
  const deadLetter = await client.get<ViewOf<typeof showDeadLetterRoute>>(pathOf(source, eventId));
  if (json) return JSON.stringify(deadLetter, null, 2);
  const failed = deadLetter.failed.steps.flatMap(({ step, error, attempts, message, stack }) => {
    const what = `${step}: ${error} after ${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}`;
    return [what, ...(stack ?? message ?? '').split('\n').filter(Boolean)].map(
      (line, i) => `${i === 0 ? '  ' : '      '}${line.trim()}`,
    );
  });
  const done = deadLetter.failed.checkpoint.map(({ step }) => step).join(', ');
  const expires = deadLetter.expires_at ? [`Expires:  ${deadLetter.expires_at}`] : [];
  const next = [
    `Replay:  surehook dead-letters replay ${source} ${eventId}`,
    `Discard: surehook dead-letters discard ${source} ${eventId} --reason '…'`,
  ];
  return [
    ...eventLines(deadLetter, [
      ...expires,
      '',
      'Failed:',
      ...failed,
      `  not repeated by a replay: ${done || 'nothing'}`,
    ]),
    '',
    ...next,
  ].join('\n');
}

export async function deadLettersReplay(
  client: OperatorClient,
  source: string,
  eventId: string,
  { from, payload, json }: { from?: string; payload?: string; json?: boolean },
): Promise<string> {
  const given = from === undefined ? '' : `"from":${JSON.stringify(from)}`;
  const corrected = payload === undefined ? '' : `"payload":${await readPayload(payload)}`;
  const body = `{${[given, corrected].filter(Boolean).join(',')}}`;
  const answer = await client.post<ViewOf<typeof replayDeadLetterRoute, 202>>(
    `${pathOf(source, eventId)}/replay`,
    body,
  );
  if (json) return JSON.stringify(answer, null, 2);
  return `Runs again as ${answer.run_id}. See: surehook events show ${source} ${eventId}`;
}

/** The JSON text as it stands in the file: parsing and writing it again would change large numbers. */
async function readPayload(file: string): Promise<string> {
  const text = (await readInput('--payload', file)).toString('utf8').replace(/^\uFEFF/, '');
  try {
    JSON.parse(text);
    return text;
  } catch (error) {
    throw new ConfigError(`--payload: ${(error as Error).message}`);
  }
}

export async function deadLettersDiscard(
  client: OperatorClient,
  source: string,
  eventId: string,
  { reason, json }: { reason: string; json?: boolean },
): Promise<string> {
  const body = JSON.stringify({ reason });
  const answer = await client.post<ViewOf<typeof discardDeadLetterRoute, 202>>(
    `${pathOf(source, eventId)}/discard`,
    body,
  );
  return json ? JSON.stringify(answer, null, 2) : 'Discarded: a resend of this event is a duplicate.';
}

/** @returns what to print; undefined if the dead letters went to standard output */
export async function deadLettersExport(
  client: OperatorClient,
  { out, ...options }: FilterOptions & { out?: string },
): Promise<string | undefined> {
  const body = await client.stream('/dead-letters/export', toQuery(options));
  let count = 0;
  const counting = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      for (const byte of chunk) if (byte === 0x0a) count += 1;
      done(null, chunk);
    },
  });
  const file = out === undefined ? undefined : createWriteStream(out);
  // The stream that fails first takes the others along.
  let failed: 'answer' | 'file' | undefined;
  body.once('error', () => {
    failed ??= 'answer';
  });
  file?.once('error', () => {
    failed ??= 'file';
  });
  try {
    if (file) await pipeline(body, counting, file);
    else await pipeline(body, counting, printable(), process.stdout, { end: false });
  } catch (error) {
    if (failed === undefined) throw error;
    const where = failed === 'file' ? '--out: ' : '';
    const why = failed === 'file' ? '' : 'the operator API ended its answer early: ';
    throw new ConfigError(`${where}the export is incomplete: ${why}${(error as Error).message}`);
  }
  if (out === undefined) return undefined;
  return `${count} ${count === 1 ? 'dead letter' : 'dead letters'} written to ${out}`;
}

/** What passes stays JSON of the same meaning. A character is never cut in two: the decoder keeps its first bytes. */
function printable(): Transform {
  const decoder = new StringDecoder('utf8');
  return new Transform({
    transform: (chunk: Buffer, _encoding, done) => done(null, toPrintable(decoder.write(chunk))),
    flush: (done) => done(null, toPrintable(decoder.end())),
  });
}

function pathOf(source: string, eventId: string): string {
  return `/dead-letters/${encodeURIComponent(source)}/${encodeURIComponent(eventId)}`;
}
