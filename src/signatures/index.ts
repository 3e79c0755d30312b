// Webhook signatures: verifying what comes in, signing what goes out. Published as `surehook/signatures`.
export { checkSecret } from './check-secret.ts';
export { type HeadersInput, headerReader } from './headers.ts';
export { readKey } from './provider-keys.ts';
export type {
  Handshake,
  HandshakeRequest,
  KeyNeed,
  KeyQuery,
  Place,
  SchemeAnswer,
  SchemeOptions,
  SignatureEncoding,
  VerifyFailure,
  VerifyResult,
} from './scheme.ts';
export { schemePayload } from './scheme-payload.ts';
export {
  findScheme,
  type HmacOptions,
  hmacFault,
  isWithoutSecret,
  partsOf,
  SCHEME_NAMES,
  type SchemeDefaults,
  type SchemeName,
  schemeDefaults,
  signsUrl,
  unsignedPlaces,
} from './schemes/index.ts';
export { type DeliveryHeaders, type SignDeliveryOptions, signDelivery } from './sign-delivery.ts';
export { type SignedWebhook, type SignRequestOptions, signRequest, signWebhook } from './sign-request.ts';
export { neededKey, type SignedRequest, type VerifyOptions, verifySignature } from './verify-signature.ts';
