// Reads what a client's message asks for: a task type and its input, or the answer to what a task asks.
import type { Message, Part, SendMessageRequest } from '@a2a-js/sdk';
import { Role } from '@a2a-js/sdk';
import type { Config } from '../../../config/config.ts';
import type { Question } from '../../../contracts/task.ts';
import type { TaskRequest } from '../accept-task.ts';
import { contentNotTaken, malformed } from './a2a-error.ts';

/** Characters of ids that clients choose: more than any UUID or URL. */
const ID_MAX_LENGTH = 256;

/** @throws A2AError that names the field */
export function requireMessage({ message }: SendMessageRequest): Message {
  if (message === undefined) throw malformed('message', 'it is missing');
  const { messageId, contextId, role, parts } = message;
  if (messageId === '')
    throw malformed('message.messageId', 'it is missing; give each message an id of its own');
  for (const [name, id] of Object.entries({ messageId, contextId }))
    if (id.length > ID_MAX_LENGTH)
      throw malformed(`message.${name}`, `expected at most ${ID_MAX_LENGTH} characters`);
  if (role !== Role.ROLE_USER) throw malformed('message.role', 'expected ROLE_USER');
  if (parts.length === 0) throw malformed('message.parts', 'expected at least one part');
  if (parts.some(({ content }) => content === undefined))
    throw malformed('message.parts', 'expected text or data in each part');
  return message;
}

/** A2A has no field for it yet (its issue 1989): these are the names in use. */
const SKILL_KEYS = ['skillId', 'skill_id', 'skill', 'task_type'];

/** @throws A2AError that names the task types, if there are several and the client names none */
export function skillOf({ tasks }: Pick<Config, 'tasks'>, { message, metadata }: SendMessageRequest): string {
  for (const given of [message?.metadata, metadata])
    for (const key of SKILL_KEYS) {
      const skill: unknown = given?.[key];
      if (typeof skill === 'string') return skill;
      if (skill !== undefined) throw malformed(`metadata.${key}`, 'expected the id of a skill');
    }
  const [only, ...others] = tasks.keys();
  if (only !== undefined && others.length === 0) return only;
  throw malformed(
    'message.metadata.skillId',
    `name a skill of the agent card: ${[...tasks.keys()].join(', ')}`,
  );
}

/** The data part is the input, and text beside it is for people. Without one, text becomes the input. */
export function givenOf(
  { tasks }: Pick<Config, 'tasks'>,
  skill: string,
  message: Message,
): TaskRequest['given'] {
  const { messageId, parts, metadata } = message;
  const read = readParts(parts);
  if (read.data) return { input: read.data.value };
  if (tasks.get(skill)?.takesText === false)
    throw contentNotTaken('message.parts', `the skill ${skill} takes no text; send its input as a data part`);
  return { text: read.text, origin: { messageId, metadata: metadata ?? {} } };
}

/**
 * A data part has answers by the names of their questions. Text answers one question, whose schema takes a string.
 *
 * @returns what `checkAnswers` looks at
 */
export function answersOf(questions: readonly Question[], { parts }: Message): Record<string, unknown> {
  const { data, text } = readParts(parts);
  if (data) {
    const { value } = data;
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>;
    throw malformed('message.parts', 'expected a data part with an object: the answers by their questions');
  }
  const [question, ...others] = questions;
  if (question && others.length === 0) return { [question.name]: text };
  const names = questions.map(({ name }) => name).join(', ');
  throw malformed(
    'message.parts',
    `the task asks several things; send a data part with answers to: ${names}`,
  );
}

function readParts(parts: readonly Part[]): { data: { value: unknown } | undefined; text: string } {
  const texts: string[] = [];
  const data: { value: unknown }[] = [];
  for (const { content } of parts) {
    if (content?.$case === 'text') texts.push(content.value);
    else if (content?.$case === 'data') data.push({ value: content.value });
    else throw contentNotTaken('message.parts', 'files are not taken; send their addresses in a data part');
  }
  if (data.length > 1) throw malformed('message.parts', 'expected one data part; put everything into it');
  return { data: data[0], text: texts.join('\n') };
}
