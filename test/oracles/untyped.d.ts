// SDKs that bring no types.
declare module 'braintree';
declare module 'sns-validator';
