// How a task's state is shown by MCP.
import { describe, expect, it } from 'vitest';
import { toDetailedTask, toMcpTask, toToolResult } from '../../src/api/agent/mcp/mcp-task.ts';
import type { TaskState } from '../../src/contracts/task.ts';
import type { Task } from '../../src/tasks/read-task.ts';

const stateOf = (state: Partial<TaskState>): TaskState => ({
  status: 'processing',
  status_at: '2026-11-27T12:00:00.000Z',
  progress: null,
  questions: [],
  answers: {},
  callbacks: [],
  notices: [],
  ...state,
});
const taskOf = (state: Partial<TaskState>, createdAt = '2026-11-27T11:59:00.000Z') =>
  ({ taskId: 'task_1', createdAt, state: stateOf(state) }) as Task;
const ago = (ms: number) => new Date(Date.now() - ms).toISOString();

describe('the result of a tool', () => {
  it.each([
    [{ clauses: [1] }, '{"clauses":[1]}', { clauses: [1] }],
    ['Hello', 'Hello', undefined],
    [[1, 2], '[1,2]', undefined],
    [null, 'null', undefined],
    [undefined, 'null', undefined],
  ])('%j is the text %s', (result, text, structuredContent) => {
    const expected = {
      content: [{ type: 'text', text }],
      ...(structuredContent ? { structuredContent } : {}),
    };
    expect(toToolResult(stateOf({ status: 'completed', result }))).toEqual(expected);
  });
});

describe('a task', () => {
  it('is kept without end while it runs, and for the retention once it has ended', () => {
    expect(toMcpTask(taskOf({}), 1_000).ttlMs).toBeNull();
    expect(toMcpTask(taskOf({ status: 'completed' }), 1_000).ttlMs).toBe(61_000);
    expect(toMcpTask(taskOf({ status: 'completed' }), undefined).ttlMs).toBeNull();
  });

  it('is asked for more seldom the older it is, and no more once it has ended', () => {
    const pollIntervalOf = (ageMs: number) => toMcpTask(taskOf({}, ago(ageMs)), undefined).pollIntervalMs;
    expect(pollIntervalOf(0)).toBe(500);
    expect(pollIntervalOf(-60_000)).toBe(500); // Temporal's clock is ahead
    expect(pollIntervalOf(3_600_000)).toBe(15_000);
    expect(Number.isInteger(pollIntervalOf(54_321))).toBe(true);
    expect(toMcpTask(taskOf({ status: 'canceled' }), undefined)).not.toHaveProperty('pollIntervalMs');
  });

  it('says in words how far it is, what it asks, and why it broke', () => {
    const schema = { type: 'object', properties: {} };
    const asks = { status: 'input_required', questions: [{ name: 'a', question: 'A?', schema }] } as const;
    expect(toMcpTask(taskOf({ progress: { percent: 40 } }), undefined).statusMessage).toBe('40 %');
    expect(toMcpTask(taskOf({ ...asks, questions: [...asks.questions] }), undefined).statusMessage).toBe(
      'A?',
    );
    const error = { code: 'timeout', message: 'the task broke; its operator sees why' };
    expect(toDetailedTask(taskOf({ status: 'error', error }), undefined)).toMatchObject({
      status: 'failed',
      statusMessage: error.message,
      error: { code: -32603, message: error.message, data: { code: 'timeout' } },
    });
  });
});
