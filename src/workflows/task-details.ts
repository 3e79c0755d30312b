// What an operator who has only Temporal's Web UI reads of an agent task: what it is, how far, what it asks, what went wrong.

import { workflowIdOf } from '../contracts/ids.ts';
import {
  type AgentTaskInput,
  CALLBACK_SOURCE,
  callbackEventId,
  type ShownProgress,
  type TaskState,
} from '../contracts/task.ts';
import { codeBlock, lineOf } from './failure-details.ts';

/** A task with more questions, or more callbacks, is read with the command. */
const LINES_MAX = 10;

/** Markdown; text from outside stands in blocks of code. A task that broke gets the text of a dead letter in the end. */
export function taskDetails(
  { event_id: taskId, event_type, client }: Pick<AgentTaskInput, 'event_id' | 'event_type' | 'client'>,
  state: TaskState,
): string {
  const { status_at, status } = state;
  const told = toldLines(taskId, state);
  return [
    `Task ${event_type} of client ${client}: ${HEADLINES[status]} (since ${status_at}).`,
    ...factLines(state),
    ...(told.length > 0 ? ['The client is told by these workflows:', codeBlock(told)] : []),
    'Every attempt, the input and the result:',
    codeBlock([`surehook tasks show ${taskId}`]),
    ...(IS_OPEN[status] ? ['Stop it:', codeBlock([`surehook tasks cancel ${taskId}`])] : []),
  ].join('\n\n');
}

const HEADLINES: Record<TaskState['status'], string> = {
  processing: 'it is being worked on',
  input_required: 'it waits for an answer of its client',
  completed: 'it has completed',
  failed: 'it has said no',
  error: 'it has broken, and is not tried again',
  canceled: 'it is canceled',
};

const IS_OPEN: Partial<Record<TaskState['status'], true>> = { processing: true, input_required: true };

function factLines({ status, progress, questions, error }: TaskState): string[] {
  switch (status) {
    case 'processing':
      return progress === null ? [] : ['It has come this far:', codeBlock([progressLine(progress)])];
    case 'input_required': {
      const lines = questions.map(({ name, question }) => `${name}: ${lineOf(question)}`);
      return ['It asks:', codeBlock(lines.slice(0, LINES_MAX))];
    }
    case 'failed':
    case 'error':
      return [codeBlock([`${error?.code}: ${lineOf(error?.message ?? '')}`])];
    default:
      return [];
  }
}

function progressLine({ percent, message }: ShownProgress): string {
  const parts = [percent === undefined ? '' : `${Math.round(percent)} %`, lineOf(message ?? '')];
  return parts.filter((part) => part !== '').join(', ');
}

function toldLines(taskId: string, { notices }: TaskState): string[] {
  const lines = notices.flatMap(({ n, status, to }) =>
    to.map((id) => `${workflowIdOf(CALLBACK_SOURCE, callbackEventId(taskId, id, n))}  ${status}`),
  );
  return lines.slice(-LINES_MAX);
}
