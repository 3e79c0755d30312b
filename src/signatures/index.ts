// Webhook signatures: verifying what comes in, signing what goes out. Published as `surehook/signatures`.
export { checkSecret } from './check-secret.ts';
export type { HeadersInput } from './headers.ts';
export type { SignatureEncoding } from './scheme.ts';
export {
  type HmacOptions,
  SCHEME_NAMES,
  type SchemeName,
  schemeDefaults,
  unsignedPlaces,
} from './schemes.ts';
export { type DeliveryHeaders, type SignDeliveryOptions, signDelivery } from './sign-delivery.ts';
export { type SignRequestOptions, signRequest } from './sign-request.ts';
export type { VerifyFailure, VerifyResult } from './verify.ts';
export { type SignedRequest, type VerifyOptions, verifySignature } from './verify-signature.ts';
