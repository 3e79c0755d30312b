// The package's public surface: what a config file imports.
export type {
  ConfigInput,
  Handler,
  HandlerContext,
  HandlerLogger,
  WebhookEvent,
} from './config/define-config.ts';
export { defineConfig } from './config/define-config.ts';
export { type SecretRef, secret } from './config/secret.ts';
export { PermanentError } from './contracts/failures.ts';
