// What the handlers of the agent API are given.
import type { Logger } from 'pino';
import type { ClientUrlGuard } from '../../contracts/client-url.ts';
import type { DeadLetterDeps } from '../../dead-letters/run-again.ts';
import type { TaskInputCall, TaskInputResult } from '../../user-code/messages.ts';
import type { Admission } from '../ingress/admission.ts';
import type { TasksUnderWay } from './tasks-under-way.ts';

/** @throws Error if no answer came: the signal was aborted, or the process has ended */
export type CheckTaskInput = (call: TaskInputCall, signal: AbortSignal) => Promise<TaskInputResult>;

export interface AgentDeps extends DeadLetterDeps {
  checkTaskInput: CheckTaskInput;
  admission: Admission;
  underWay: TasksUnderWay;
  guard: ClientUrlGuard;
  log: Logger;
}
