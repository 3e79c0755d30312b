// Gives a task what a client has responded to its questions.
import type { ServerContext } from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { Question } from '../../../contracts/task.ts';
import { answerTask, cancelTask } from '../../../tasks/change-task.ts';
import type { Task } from '../../../tasks/read-task.ts';
import { checkAnswers } from '../check-answers.ts';
import { awaitTask } from './await-task.ts';
import type { McpDeps } from './mcp-deps.ts';
import { invalidParams } from './mcp-errors.ts';
import { isForm, LONE_FIELD } from './mcp-task.ts';

const responseSchema = z.object({
  action: z.enum(['accept', 'decline', 'cancel']),
  content: z.record(z.string(), z.unknown()).optional(),
});

/** The task has seen its answers by then, unless no worker runs: the client's next `tasks/get` shows what is left. */
const SEEN_WITHIN_MS = 2_000;

/**
 * Responses to what is not asked are ignored, as the extension has it. A user who declines ends the task: it cannot go
 * on without the answer, and would wait for ever.
 *
 * @throws ProtocolError -32602 that names the response
 */
export async function takeInput(deps: McpDeps, task: Task, { mcpReq }: ServerContext): Promise<void> {
  const { inputResponses = {}, droppedInputResponseKeys = [] } = mcpReq;
  const answers: Record<string, unknown> = {};
  for (const question of task.state.questions) {
    const { name } = question;
    if (droppedInputResponseKeys.includes(name))
      throw invalidParams(`inputResponses.${name}: expected { action, content }`);
    if (!Object.hasOwn(inputResponses, name)) continue;
    const response = responseSchema.safeParse(inputResponses[name]);
    if (!response.success) throw invalidParams(`inputResponses.${name}: expected { action, content }`);
    if (response.data.action !== 'accept') {
      await cancelTask(deps.temporal, task);
      return deps.log.info(
        { task_id: task.taskId, question: name },
        'task canceled: its question was declined',
      );
    }
    answers[name] = toAnswer(question, response.data.content ?? {});
  }
  const names = Object.keys(answers);
  if (names.length === 0 || !(await answerTask(deps.temporal, task, answers))) return;
  deps.log.info({ task_id: task.taskId, questions: names }, 'task answered');
  await awaitTask(deps, {
    taskId: task.taskId,
    client: task.client,
    withinMs: SEEN_WITHIN_MS,
    until: ({ questions }) => !questions.some(({ name }) => names.includes(name)),
  });
}

function toAnswer(question: Question, content: Record<string, unknown>): unknown {
  const answer = isForm(question.schema) ? content : content[LONE_FIELD];
  return checkAnswers([question], { [question.name]: answer })[question.name];
}
