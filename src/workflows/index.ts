// The workflows that every worker loads, under their type names.
export { runAgentTask } from './agent-task.ts';
export { alertRoute } from './alert-route.ts';
export { deadLetter } from './dead-letter.ts';
export { discardDeadLetters, replayDeadLetters } from './dead-letter-jobs.ts';
export { discardEvent } from './discard-event.ts';
export { endpointBreaker } from './endpoint-breaker.ts';
export { lateCallbacks } from './late-callbacks.ts';
export { processEvent } from './process-event.ts';
