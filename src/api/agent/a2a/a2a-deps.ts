// What the operations of A2A are given.
import type { TaskWatches } from '../../../tasks/watch-task.ts';
import type { AgentDeps } from '../deps.ts';

export interface A2ADeps extends AgentDeps {
  watches: TaskWatches;
}
