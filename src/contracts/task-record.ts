// What an agent task knows of itself: pure state, which its workflow keeps, and which readers make again from its history.
import type {
  AgentTaskInput,
  CallbackChange,
  Notice,
  ShownProgress,
  TaskOutcome,
  TaskState,
  TaskStatus,
} from './task.ts';

/** What a client learns of a task that broke: the error itself may say what is no business of the client. */
const BROKE = 'the task broke; its operator sees why';

export type RoundOutcome = TaskOutcome | { is: 'broke'; code: string };

export class TaskRecord {
  readonly state: TaskState;

  readonly #now: () => string;

  /** @param now RFC 3339 UTC */
  constructor(
    { callbacks, notices = [], answers = {} }: Pick<AgentTaskInput, 'callbacks' | 'notices' | 'answers'>,
    now: () => string,
  ) {
    this.#now = now;
    this.state = {
      status: 'processing',
      status_at: now(),
      progress: null,
      questions: [],
      answers: { ...answers },
      callbacks: [...callbacks],
      notices: [...notices],
    };
  }

  get isAnswered(): boolean {
    return this.state.questions.length === 0;
  }

  report(progress: ShownProgress): void {
    if (this.state.status === 'processing') this.state.progress = progress;
  }

  /** Answers to what is not asked are ignored. */
  answer(answers: Record<string, unknown>): void {
    const { state } = this;
    for (const { name } of state.questions)
      if (Object.hasOwn(answers, name)) state.answers[name] = answers[name];
    state.questions = state.questions.filter(({ name }) => !Object.hasOwn(state.answers, name));
  }

  /** A callback takes the place of the one with its id. */
  changeCallback(change: CallbackChange): void {
    const { state } = this;
    const id = 'remove' in change ? change.remove : change.id;
    const others = state.callbacks.filter((callback) => callback.id !== id);
    state.callbacks = 'remove' in change ? others : [...others, change];
  }

  conclude(outcome: RoundOutcome): void {
    const { state } = this;
    switch (outcome.is) {
      case 'asks':
        state.questions = outcome.questions;
        this.#become('input_required');
        break;
      case 'done':
        state.result = outcome.result ?? null;
        if (state.progress) state.progress = { percent: 100 }; // what the work has reported last may be on its way
        this.#become('completed');
        break;
      case 'no':
        state.error = { code: outcome.code, message: outcome.message };
        this.#become('failed');
        break;
      case 'broke':
        state.error = { code: outcome.code, message: BROKE };
        this.#become('error');
    }
  }

  resume(): void {
    this.#become('processing');
  }

  cancel(): void {
    this.state.questions = [];
    this.#become('canceled');
  }

  /** Notes that every callback is told of the present state. */
  notify(): Notice {
    const { status, status_at, callbacks, notices } = this.state;
    const notice = { n: notices.length + 1, status, at: status_at, to: callbacks.map(({ id }) => id) };
    notices.push(notice);
    return notice;
  }

  #become(status: TaskStatus): void {
    this.state.status = status;
    this.state.status_at = this.#now();
  }
}
