// What went wrong in a call to Temporal, as gRPC numbers it.

/** Of google.golang.org/grpc/codes, those that are told apart here. */
export const GRPC = {
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  UNAVAILABLE: 14,
} as const;

/** @returns undefined if the error is none of gRPC's; the SDK's clients wrap those */
export function grpcCodeOf(error: unknown): number | undefined {
  const { code, cause } = error as { code?: unknown; cause?: { code?: unknown } };
  return [code, cause?.code].find((one) => typeof one === 'number');
}

export const isNotFound = (error: unknown) => grpcCodeOf(error) === GRPC.NOT_FOUND;

/** It may work later. */
export function isUnavailable(error: unknown): boolean {
  const passing: (number | undefined)[] = [GRPC.DEADLINE_EXCEEDED, GRPC.RESOURCE_EXHAUSTED, GRPC.UNAVAILABLE];
  return passing.includes(grpcCodeOf(error));
}
