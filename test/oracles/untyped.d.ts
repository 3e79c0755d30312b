// Types of SDKs that have none, or that describe another form of export than the package has.
declare module 'coinbase-commerce-node' {
  const coinbase: {
    Webhook: {
      computeSignature(payload: string, secret: string): string;
      verifySigHeader(payload: string, signature: string, secret: string): boolean;
    };
  };
  export default coinbase;
}
// SDKs that bring no types.
declare module 'braintree';
declare module 'sns-validator';
