// All activities, built on what they depend on.
import type { Logger } from 'pino';
import { Agent } from 'undici';
import type { Config } from '../config/config.ts';
import type { LoadBody } from '../temporal/load-body.ts';
import { createDeliver } from './deliver.ts';
import { createHandleEvent } from './handle-event.ts';
import type { TryObserver } from './observe-try.ts';

export interface ActivityDeps {
  config: Config;
  loadBody: LoadBody;
  log: Logger;
  observer: TryObserver;
}

export function createActivities(deps: ActivityDeps) {
  // Each try is bounded by its own signal; the agent's own time-outs only have to be no shorter.
  const dispatcher = new Agent({ connect: { timeout: 60_000 }, headersTimeout: 0, bodyTimeout: 0 });
  return {
    handleEvent: createHandleEvent(deps),
    deliver: createDeliver({ ...deps, dispatcher }),
  };
}

export type Activities = ReturnType<typeof createActivities>;
