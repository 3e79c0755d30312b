// Asks an endpoint's breaker for a permit before each attempt of a delivery, and reports the verdict.
import { Context } from '@temporalio/activity';
import type { Logger } from 'pino';
import type { EndpointConfig } from '../../config/config.ts';
import type { ActivityInput } from '../../contracts/event.ts';
import type { AttemptResult } from '../attempts/attempt-result.ts';
import type { Gate, Hold } from '../attempts/hold-back.ts';
import { logFields } from '../attempts/log-fields.ts';
import type { AttemptObserver } from '../attempts/observe-attempt.ts';
import type { Breaker, Permit } from './breaker.ts';
import { toVerdict } from './breakers.ts';

export interface GateDeps {
  log: Logger;
  observer: AttemptObserver;
}

export class EndpointGate implements Gate {
  readonly #endpoint: EndpointConfig;
  readonly #breaker: Breaker;
  readonly #input: ActivityInput;
  readonly #deps: GateDeps;
  #permit: Permit | undefined;

  constructor(endpoint: EndpointConfig, breaker: Breaker, input: ActivityInput, deps: GateDeps) {
    this.#endpoint = endpoint;
    this.#breaker = breaker;
    this.#input = input;
    this.#deps = deps;
  }

  enter({ mayWait, isRetryNow }: { mayWait: boolean; isRetryNow?: boolean }): Hold | undefined {
    const { name, breaker, clientHost } = this.#endpoint;
    const what = clientHost === undefined ? `endpoint '${name}'` : `the host ${clientHost}`;
    const answer = this.#breaker.request(
      mayWait ? Context.current().info.workflowExecution?.workflowId : undefined,
      isRetryNow,
    );
    if ('release' in answer) {
      this.#permit = answer;
      return undefined;
    }
    const { since, failures, last_error } = this.#breaker.report();
    const attempts = failures === 1 ? 'the last attempt' : `the last ${failures} attempts`;
    const message =
      answer.reason === 'endpoint_down'
        ? `${what} is down since ${since}: ${attempts} failed (${last_error})`
        : answer.askedUntil === undefined
          ? `${what} has as many attempts in flight as one endpoint may have`
          : `${what} asked for a wait until ${new Date(answer.askedUntil).toISOString()} (429, Retry-After)`;
    return {
      ...answer,
      message,
      // A busy endpoint is up: its deliveries wait however long it takes.
      limitMs: answer.reason === 'endpoint_down' ? breaker?.holdForMs : undefined,
      onBegin: () => this.#onHeld(answer.reason),
    };
  }

  /** An attempt that is cancelled, or cut short by the end of its worker, says nothing about the endpoint. */
  judge(result: AttemptResult): void {
    const isCut = !result.ok && Context.current().cancellationSignal.aborted;
    this.#permit?.release(isCut ? undefined : toVerdict(result));
  }

  leave(): void {
    this.#permit?.release();
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
