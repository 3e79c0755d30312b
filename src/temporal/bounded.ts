// Bounds every call to Temporal of a caller that waits: a server that hangs is found out in seconds, not after the SDK's 30.
import { Client } from '@temporalio/client';
import type { NativeConnection } from '@temporalio/worker';
import type { Temporal } from './connection.ts';
import { GRPC } from './grpc-code.ts';
import { inTime, LateError } from './in-time.ts';

/** Has gRPC's own code for a call that is late: it tells what has happened, also once the SDK's client has wrapped it. */
class DeadlineError extends Error {
  readonly code = GRPC.DEADLINE_EXCEEDED;
}

/**
 * The same Temporal for callers that give each call this long. A call that is late goes on, and may still have its
 * effect.
 */
export function boundedTemporal(temporal: Temporal, withinMs: number): Temporal {
  const workflowService = boundedService(temporal.connection.workflowService, withinMs);
  const connection: NativeConnection = Object.create(temporal.connection, {
    workflowService: { value: workflowService },
  });
  const { namespace, client } = temporal;
  const { dataConverter } = client.options;
  return { ...temporal, connection, client: new Client({ connection, namespace, dataConverter }) };
}

type Service = NativeConnection['workflowService'];

function boundedService(service: Service, withinMs: number): Service {
  return new Proxy(service, {
    get(target, name) {
      const found: unknown = Reflect.get(target, name);
      if (typeof found !== 'function') return found;
      return (...given: unknown[]) => {
        const result: unknown = Reflect.apply(found, target, given);
        return result instanceof Promise ? bound(result, withinMs, String(name)) : result;
      };
    },
  });
}

async function bound<T>(call: Promise<T>, withinMs: number, name: string): Promise<T> {
  try {
    return await inTime(withinMs, call, `Temporal did not answer ${name}`);
  } catch (error) {
    throw error instanceof LateError ? new DeadlineError(error.message) : error;
  }
}
