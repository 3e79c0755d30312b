// All activities, built on what they depend on.
import type { Logger } from 'pino';
import { Agent } from 'undici';
import type { Config } from '../config/config.ts';
import { createDeliver } from './deliver.ts';
import { createHandleEvent } from './handle-event.ts';

export function createActivities({ config, log }: { config: Config; log: Logger }) {
  // Each try is bounded by its own signal; the agent's own time-outs only have to be no shorter.
  const dispatcher = new Agent({ connect: { timeout: 60_000 }, headersTimeout: 0, bodyTimeout: 0 });
  return {
    handleEvent: createHandleEvent({ config, log }),
    deliver: createDeliver({ config, log, dispatcher }),
  };
}

export type Activities = ReturnType<typeof createActivities>;
