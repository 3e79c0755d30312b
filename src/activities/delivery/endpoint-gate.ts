// One turn of a delivery at the breaker of its endpoint: held back, or let through and judged.
import { Context } from '@temporalio/activity';
import type { Logger } from 'pino';
import type { EndpointConfig } from '../../config/config.ts';
import type { ActivityInput } from '../../contracts/event.ts';
import type { TryResult } from '../attempts/attempt-result.ts';
import type { Gate, HoldBack } from '../attempts/hold-back.ts';
import { logFields } from '../attempts/log-fields.ts';
import type { TryObserver } from '../attempts/observe-attempt.ts';
import type { Breaker, Pass } from './breaker.ts';
import { toVerdict } from './breakers.ts';

export interface GateDeps {
  log: Logger;
  observer: TryObserver;
}

export class EndpointGate implements Gate {
  readonly #endpoint: EndpointConfig;
  readonly #breaker: Breaker;
  readonly #input: ActivityInput;
  readonly #deps: GateDeps;
  #pass: Pass | undefined;

  constructor(endpoint: EndpointConfig, breaker: Breaker, input: ActivityInput, deps: GateDeps) {
    this.#endpoint = endpoint;
    this.#breaker = breaker;
    this.#input = input;
    this.#deps = deps;
  }

  enter({ mayWait, isTold }: { mayWait: boolean; isTold?: boolean }): HoldBack | undefined {
    const { name, breaker } = this.#endpoint;
    const entry = this.#breaker.enter(
      mayWait ? Context.current().info.workflowExecution?.workflowId : undefined,
      isTold,
    );
    if ('leave' in entry) {
      this.#pass = entry;
      return undefined;
    }
    const { since, failures, last_error } = this.#breaker.report();
    const what = `the last ${failures} tries failed (${last_error})`;
    const message =
      entry.reason === 'endpoint_down'
        ? `endpoint '${name}' is down since ${since}: ${what}`
        : `endpoint '${name}' has as many tries in flight as one endpoint may have`;
    return {
      ...entry,
      message,
      // A busy endpoint lives: its deliveries wait for their turn.
      limitMs: entry.reason === 'endpoint_down' ? breaker?.holdForMs : undefined,
      onBegin: () => this.#onHeld(entry.reason),
    };
  }

  /** A try that was cancelled, or cut short by the end of its worker, says nothing of the endpoint. */
  judge(result: TryResult): void {
    const isCut = !result.ok && Context.current().cancellationSignal.aborted;
    this.#pass?.leave(isCut ? undefined : toVerdict(result));
  }

  leave(): void {
    this.#pass?.leave();
  }

  #onHeld(reason: string): void {
    const { log, observer } = this.#deps;
    const { event, attempts } = this.#input;
    observer.metrics.deliveryHeld(this.#endpoint.name);
    log.info(
      { ...logFields(event, attempts.length + 1), endpoint: this.#endpoint.name, reason },
      'delivery held',
    );
  }
}
