// Reads from an error why a call to Temporal failed, by gRPC's codes.

/** The codes of google.golang.org/grpc/codes that Surehook tells apart. */
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

/** Temporal does not answer, or refuses to answer now. */
const UNAVAILABLE: readonly unknown[] = [GRPC.DEADLINE_EXCEEDED, GRPC.RESOURCE_EXHAUSTED, GRPC.UNAVAILABLE];
/** The failure has nothing to do with the request: Temporal was away, was cut off, or failed inside. */
const PASSING: readonly unknown[] = [...UNAVAILABLE, GRPC.CANCELLED, GRPC.ABORTED, GRPC.INTERNAL];

/** @returns the code of a gRPC error, also if the SDK's client has wrapped it; undefined for any other error */
export function grpcCodeOf(error: unknown): number | undefined {
  const { code, cause } = error as { code?: unknown; cause?: { code?: unknown } };
  return [code, cause?.code].find((found) => typeof found === 'number');
}

export const isNotFound = (error: unknown) => grpcCodeOf(error) === GRPC.NOT_FOUND;

/** Temporal does not answer at present, and a caller that waits for the answer gets that as an error. */
export const isUnavailable = (error: unknown) => UNAVAILABLE.includes(grpcCodeOf(error));

/** The same call may succeed later, and work that can wait makes the call again. */
export const isPassing = (error: unknown) => PASSING.includes(grpcCodeOf(error));
