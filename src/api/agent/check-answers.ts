// Holds answers to the questions that a task asks.
import { z } from 'zod';
import type { Question } from '../../contracts/task.ts';
import { HttpError } from '../http/errors.ts';

/**
 * @returns the answers as they were given
 * @throws HttpError `invalid_answer` that names the field
 */
export function checkAnswers(
  questions: readonly Question[],
  answers: Record<string, unknown>,
): Record<string, unknown> {
  for (const [name, answer] of Object.entries(answers)) {
    const question = questions.find((one) => one.name === name);
    if (question === undefined) {
      const names = questions.map((one) => one.name).join(', ');
      throw new HttpError(
        'invalid_answer',
        `name: the task does not ask '${name.slice(0, 64)}'; it asks: ${names}`,
      );
    }
    check(question, answer);
  }
  return answers;
}

/** The schema has come as JSON Schema from the process that asks; that process holds the answer to its own schema again. */
function check({ schema }: Question, answer: unknown): void {
  const result = z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]).safeParse(answer);
  if (result.success) return;
  const issues = result.error.issues.map(({ path, message }) => ({
    path: path.map(String).join('.'),
    message,
  }));
  const [first] = issues;
  throw new HttpError('invalid_answer', `answer${first?.path ? `.${first.path}` : ''}: ${first?.message}`, {
    members: { errors: issues },
  });
}
