// Passes the progress of an attempt on to the workflow of its task, less and less often: each report is a signal.
import { setTimeout as delay } from 'node:timers/promises';
import type { TaskProgress } from '../config/define-task.ts';
import type { ReportProgress, ShownProgress } from '../contracts/task.ts';

/** Soon enough for somebody who watches. */
const EVERY_LEAST_MS = 1_000;
/** A report after each twentieth of the time so far: 200 reports for work of a day, which is 800 entries of the history. */
const PART_OF_TIME = 1 / 20;
const END_WITHIN_MS = 1_000;

export class ProgressReports {
  readonly #execution: { workflowId: string; runId: string } | undefined;
  readonly #report: ReportProgress;
  readonly #begun = Date.now();
  #latest: ShownProgress | undefined;
  #timer: NodeJS.Timeout | undefined;
  #sentAt = 0;
  #sending: Promise<void> = Promise.resolve();

  constructor(execution: { workflowId: string; runId: string } | undefined, report: ReportProgress) {
    this.#execution = execution;
    this.#report = report;
  }

  /** What comes before the next report is due takes the place of what waits. */
  add({ percent, message }: TaskProgress): void {
    this.#latest = {
      ...(percent === undefined ? {} : { percent }),
      ...(message === undefined ? {} : { message }),
    };
    const pause = Math.max(EVERY_LEAST_MS, (Date.now() - this.#begun) * PART_OF_TIME);
    this.#timer ??= setTimeout(() => this.#send(), Math.max(0, this.#sentAt + pause - Date.now()));
  }

  /**
   * Resolves once nothing is under way; what still waits is out of date with the end of the attempt. A report that hangs
   * does not hold up the result: the workflow ignores progress that comes after it.
   */
  async end(): Promise<void> {
    clearTimeout(this.#timer);
    await Promise.race([this.#sending, delay(END_WITHIN_MS, undefined, { ref: false })]);
  }

  #send(): void {
    this.#timer = undefined;
    this.#sentAt = Date.now();
    const [execution, latest] = [this.#execution, this.#latest];
    // A report that does not arrive is followed by the next one.
    if (execution && latest) this.#sending = this.#report(execution, latest).catch(() => undefined);
  }
}
