// Refuses the arguments of an activity that nobody with the encryption key has given it for its workflow.
import { ApplicationFailure } from '@temporalio/activity';
import type { ActivityInterceptors } from '@temporalio/worker';
import { INPUT_REFUSED, isRefused, mayBeMended } from '../contracts/refused.ts';

export function refuseArguments(): ActivityInterceptors {
  return {
    inbound: {
      async execute(input, next) {
        const refused = input.args.find(isRefused);
        if (refused === undefined) return await next(input);
        throw ApplicationFailure.create({
          message: `the arguments are refused: ${refused.message}`,
          type: INPUT_REFUSED,
          nonRetryable: !mayBeMended(refused),
        });
      },
    },
  };
}
