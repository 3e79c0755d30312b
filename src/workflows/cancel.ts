// What a run does when it is cancelled: before anything is stopped, it keeps on record what was tried.
import { CancellationScope, CancelledFailure, proxyLocalActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import type { StepName } from '../contracts/event.ts';

const { keepTries: keepAttempts } = proxyLocalActivities<Activities>({
  startToCloseTimeout: '15s', // it reads this run from Temporal, and may wait for a first attempt that is just ending
  retry: { maximumAttempts: 3 }, // then a cancellation goes before the log
});

/** Part of a workflow's own state: modules are not shared between workflows. */
let kept: Promise<unknown> | undefined;

/** Once per run: the history of the run has it then. */
export async function keepAttemptsOf(steps: StepName[]): Promise<void> {
  kept ??= CancellationScope.nonCancellable(() => keepAttempts({ steps }));
  await kept.catch(() => undefined);
}

/**
 * A regular activity that waits for its next attempt is gone the moment it is cancelled, and its log with it; one that runs
 * is told, and waited for.
 *
 * @throws CancelledFailure if the run is cancelled, unless the work has succeeded all the same
 */
export async function cancelAfter<T>(before: () => Promise<void>, work: () => Promise<T>): Promise<T> {
  const outer = CancellationScope.current();
  if (outer.consideredCancelled) throw new CancelledFailure('canceled');
  const inner = new CancellationScope({
    cancellable: true,
    parent: new CancellationScope({ cancellable: false }),
  });
  outer.cancelRequested.catch(async () => {
    await before();
    inner.cancel();
  });
  try {
    return await inner.run(work);
  } catch (error) {
    if (outer.consideredCancelled) throw new CancelledFailure('canceled');
    throw error;
  }
}
