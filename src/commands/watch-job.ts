// Follows a job until it ends: with a progress bar on a terminal, with a line every 5 s elsewhere.
import { setTimeout as delay } from 'node:timers/promises';
import type { ViewOf } from '../api/http/route.ts';
import type { JobView } from '../api/operator/jobs/job-view.ts';
import type { showJobRoute } from '../api/operator/jobs/show-job.ts';
import { toPrintableLine } from '../contracts/printable.ts';
import type { OperatorClient } from './operator-client.ts';
import { INTERRUPTED_EXIT_CODE, onStopSignal } from './stop-on-signal.ts';

const POLL_MS = 500;
/** For output that is no terminal, where a line cannot be redrawn. */
const LINE_EVERY_MS = 5_000;
const BAR_WIDTH = 30;
const CLEAR_LINE = '\r\u001b[K';

/** Returns when the job has ended. Ctrl-C ends the process, and the job goes on. */
export async function watchJob(
  client: OperatorClient,
  jobId: string,
  print: (text: string) => void,
): Promise<void> {
  const isTerminal = process.stdout.isTTY === true;
  const undo = onStopSignal(() => {
    print(
      `${isTerminal ? '\n' : ''}The job goes on. Watch it: surehook jobs show --watch ${jobId}; end it: surehook jobs cancel ${jobId}`,
    );
    process.exit(INTERRUPTED_EXIT_CODE);
  });
  try {
    let printedAt = 0;
    for (;;) {
      const job = await client.get<ViewOf<typeof showJobRoute>>(`/jobs/${encodeURIComponent(jobId)}`);
      if (isTerminal) process.stdout.write(CLEAR_LINE + (job.closed_at === null ? toOneRow(barOf(job)) : ''));
      if (job.closed_at !== null) return;
      if (!isTerminal && Date.now() - printedAt >= LINE_EVERY_MS) {
        print(countsOf(job));
        printedAt = Date.now();
      }
      await delay(POLL_MS);
    }
  } finally {
    undo();
  }
}

/** Cut to the width of the terminal, since a line that wraps could not be cleared. */
const toOneRow = (line: string) => toPrintableLine(line).slice(0, (process.stdout.columns || 80) - 1);

export function barOf(job: JobView): string {
  const share = job.matched === 0 ? 1 : Math.min(1, job.done / job.matched);
  const filled = Math.round(share * BAR_WIDTH);
  const bar = '█'.repeat(filled) + '░'.repeat(BAR_WIDTH - filled);
  return `${bar} ${String(Math.floor(share * 100)).padStart(3)} %  ${countsOf(job)}`;
}

function countsOf({ done, matched, failed, status, eta, rate_per_second }: JobView): string {
  const left = eta === null ? '' : `, ${lengthOf(Date.parse(eta) - Date.now())} left`;
  const bad = failed > 0 ? `, ${failed} failed` : '';
  return `${done}/${matched}${bad}, ${status === 'paused' ? 'paused' : `${rate_per_second}/s${left}`}`;
}

function lengthOf(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1_000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes} min ${seconds % 60} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
