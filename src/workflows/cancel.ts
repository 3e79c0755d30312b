// The cancellation of a run: the run keeps its attempts on record before it stops anything.
import { CancellationScope, CancelledFailure, proxyLocalActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import type { StepName } from '../contracts/event.ts';

const { keepAttempts } = proxyLocalActivities<Activities>({
  startToCloseTimeout: '15s', // to read this run from Temporal, and wait for a first attempt to end
  retry: { maximumAttempts: 3 }, // after that, the cancellation is worth more than the log
});

/** @returns a function that writes the attempts of these steps into the run's history, only once */
export function keepAttemptsOnce(steps: StepName[]): () => Promise<void> {
  let kept: Promise<unknown> | undefined;
  return async () => {
    kept ??= CancellationScope.nonCancellable(() => keepAttempts({ steps }));
    await kept.catch(() => undefined);
  };
}

/**
 * Runs `before`, and then cancels `work`. In any other order, a regular activity that waits for its next
 * attempt would be gone at once, and its log with it. An activity that is making an attempt is cancelled, and
 * the run waits for it.
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
