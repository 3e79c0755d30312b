// The plain design's workflow: two regular activities, one after the other.
import { proxyActivities } from '@temporalio/workflow';
import type { NaiveActivities, NaiveEvent } from './activities.ts';

const { handle, deliver } = proxyActivities<NaiveActivities>({ startToCloseTimeout: '10s' });

export async function naiveEvent(event: NaiveEvent): Promise<void> {
  await handle(event);
  await deliver(event);
}
