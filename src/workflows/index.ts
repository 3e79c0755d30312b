// The workflows of a worker.
export { processEvent } from './process-event.ts';
