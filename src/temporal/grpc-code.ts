// What went wrong in a call to Temporal, as gRPC numbers it.

/** Of google.golang.org/grpc/codes, those that are told apart here. */
export const GRPC = {
  CANCELLED: 1,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  INTERNAL: 13,
  UNAVAILABLE: 14,
} as const;

/** Temporal does not answer, or not now. */
const UNAVAILABLE: readonly unknown[] = [GRPC.DEADLINE_EXCEEDED, GRPC.RESOURCE_EXHAUSTED, GRPC.UNAVAILABLE];
/** The call says nothing of what it was about: Temporal was away, was cut off, or failed inside. */
const PASSING: readonly unknown[] = [...UNAVAILABLE, GRPC.CANCELLED, GRPC.ABORTED, GRPC.INTERNAL];

/** @returns undefined if the error is none of gRPC's; the SDK's clients wrap those */
export function grpcCodeOf(error: unknown): number | undefined {
  const { code, cause } = error as { code?: unknown; cause?: { code?: unknown } };
  return [code, cause?.code].find((one) => typeof one === 'number');
}

export const isNotFound = (error: unknown) => grpcCodeOf(error) === GRPC.NOT_FOUND;

/** Temporal cannot be asked at present: whoever waits for the answer hears that. */
export const isUnavailable = (error: unknown) => UNAVAILABLE.includes(grpcCodeOf(error));

/** The same call may succeed later: work that can wait makes it again. */
export const isPassing = (error: unknown) => PASSING.includes(grpcCodeOf(error));
