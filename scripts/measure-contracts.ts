// `npm run measure-contracts -- <folder>`: scores `ip_clauses` on contracts whose clauses lawyers have marked, and
// measures time and memory on a PDF of 50 pages.
//
// The folder has PDFs, and labels.json: [{ "file": "01.pdf", "clauses": [{ "text": … }] }]. The method is tuned on the
// files with odd numbers; --show prints what was missed and what was wrong in those alone.
import { readFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import PDFDocument from 'pdfkit';
import { z } from 'zod';
import type { IpClause } from '../src/activities/tasks/analyze-document/find-ip-clauses.ts';
import { readInChild } from '../src/activities/tasks/analyze-document/read-in-child.ts';
import { compare, type Score } from './contract-scores.ts';

const labels = z.array(z.object({ file: z.string(), clauses: z.array(z.object({ text: z.string() })) }));
const limits = { pagesMax: 2_000, unpackedMaxBytes: 268_435_456, timeoutMs: 120_000, memoryMb: 512 };
/** The goal for the PDF of so many pages: under 2 s and under 250 MB. */
const BENCH_PAGES = 50;
const BENCH_RUNS = 5;

const say = (line: string) => void process.stdout.write(`${line}\n`);
const [folder] = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
if (folder === undefined) throw new Error('name the folder: npm run measure-contracts -- <folder>');
await measureContracts(folder, process.argv.includes('--show'));
await measureSpeed();

async function measureContracts(path: string, isShown: boolean): Promise<void> {
  const scores: { name: string; score: Score }[] = [];
  say(`${'file'.padEnd(32)} found  of  together  right  of       ms  MB`);
  for (const { file, clauses } of labels.parse(JSON.parse(readFileSync(join(path, 'labels.json'), 'utf8')))) {
    const { ip, ms, megabytes } = await analyze(readFileSync(join(path, file)));
    const marked = clauses.map(({ text }) => text);
    const { found, right, score } = compare({ marked, returned: ip.map(({ text }) => text) });
    const isOdd = Number.parseInt(file, 10) % 2 === 1;
    scores.push({ name: isOdd ? 'odd' : 'even', score });
    const quiet = score.quiet === undefined ? '' : score.quiet ? 'quiet' : 'not quiet';
    const counts = [score.found, score.marked, score.foundTogether, score.right, score.returned];
    const [a, b, c, d, e] = counts.map((value) => String(value));
    say(
      `${file.slice(0, 31).padEnd(32)} ${a?.padStart(5)} ${b?.padStart(3)} ${c?.padStart(9)} ${d?.padStart(6)} ${e?.padStart(3)} ${ms.toFixed(0).padStart(8)} ${megabytes.toFixed(0).padStart(3)} ${quiet}`,
    );
    if (!isShown || !isOdd) continue;
    marked.forEach((text, i) => void (found[i] || say(`    missed: ${text}`)));
    ip.forEach(
      (clause, i) => void (right[i] || say(`    wrong: ${clause.clause} ${clause.reason}: ${clause.text}`)),
    );
  }
  for (const name of ['odd', 'even', 'all'])
    say(
      summaryOf(
        name,
        scores.filter((entry) => name === 'all' || entry.name === name).map(({ score }) => score),
      ),
    );
}

function summaryOf(name: string, scores: readonly Score[]): string {
  const sum = (of: (score: Score) => number) => scores.reduce((total, score) => total + of(score), 0);
  const share = (part: number, whole: number) =>
    `${(part / Math.max(1, whole)).toFixed(2)} (${part}/${whole})`;
  const recall = share(
    sum(({ found }) => found),
    sum(({ marked }) => marked),
  );
  const together = share(
    sum(({ foundTogether }) => foundTogether),
    sum(({ marked }) => marked),
  );
  const precision = share(
    sum(({ right }) => right),
    sum(({ returned }) => returned),
  );
  const silent = scores.filter(({ quiet }) => quiet !== undefined);
  const quiet = `${silent.filter((score) => score.quiet).length} of ${silent.length}`;
  return `${name.padEnd(4)} recall ${recall}, words together ${together}; precision ${precision}; quiet ${quiet}`;
}

interface Analyzed {
  ip: IpClause[];
  ms: number;
  cpuMs: number;
  megabytes: number;
}

async function analyze(bytes: Uint8Array): Promise<Analyzed> {
  const startedAt = performance.now();
  const signal = new AbortController().signal;
  const hints = { name: '', contentType: '' };
  const reading = await readInChild({
    bytes,
    hints,
    limits,
    analysis: 'ip_clauses',
    signal,
    onProgress() {},
  });
  if (!('result' in reading)) throw new Error('no analysis came back');
  const { ip_clauses } = reading.result as { ip_clauses: IpClause[] };
  return {
    ip: ip_clauses,
    ms: performance.now() - startedAt,
    cpuMs: reading.used.cpuMs,
    megabytes: reading.used.peakMemoryBytes / 1e6,
  };
}

async function measureSpeed(): Promise<void> {
  const bytes = await makePdf(BENCH_PAGES);
  const runs = [];
  for (let i = 0; i < BENCH_RUNS; i++) runs.push(await analyze(bytes));
  const times = runs.map(({ ms }) => ms).sort((one, other) => one - other);
  const megabytes = Math.max(...runs.map((run) => run.megabytes));
  const cpuMs = Math.max(...runs.map((run) => run.cpuMs));
  const median = times[Math.floor(BENCH_RUNS / 2)] ?? 0;
  say(
    `a PDF of ${BENCH_PAGES} pages (${bytes.length} bytes): median ${median.toFixed(0)} ms [${times[0]?.toFixed(0)}–${times.at(-1)?.toFixed(0)}] of ${BENCH_RUNS} runs, start of the process included, load average ${loadavg()[0]?.toFixed(1)}; of the processor at most ${cpuMs} ms; at most ${megabytes.toFixed(0)} MB resident`,
  );
}

/** Pages as full as a contract's: 45 lines of 12 words. */
async function makePdf(pages: number): Promise<Buffer> {
  const pdf = new PDFDocument({ margin: 60 });
  const parts: Buffer[] = [];
  const ended = new Promise((resolve) =>
    pdf.on('data', (part: Buffer) => parts.push(part)).on('end', resolve),
  );
  const sentence =
    'The Licensee shall keep complete and accurate records of all Products that it distributes in the Territory, and shall allow the Licensor to inspect them upon ten days of written notice. ';
  for (let page = 1; page <= pages; page++) {
    if (page > 1) pdf.addPage();
    for (let clause = 1; clause <= 5; clause++)
      pdf
        .fontSize(10)
        .text(`${page}.${clause} Records. ${sentence.repeat(4)}`)
        .moveDown();
  }
  pdf.end();
  await ended;
  return Buffer.concat(parts);
}
