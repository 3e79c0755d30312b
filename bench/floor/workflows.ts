// The floor's workflow, the least that a durable event of two steps can be: two empty local activities.
import { proxyLocalActivities } from '@temporalio/workflow';
import type { FloorActivities } from './driver.ts';

const { first, second } = proxyLocalActivities<FloorActivities>({ startToCloseTimeout: '10s' });

export async function floorEvent(_body: Uint8Array): Promise<void> {
  await first();
  await second();
}
