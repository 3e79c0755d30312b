// The package's public surface: what a config file imports.
export type {
  ConfigInput,
  Handler,
  HandlerContext,
  WebhookEvent,
} from './config/define-config.ts';
export { defineConfig } from './config/define-config.ts';
export {
  type Download,
  type Downloaded,
  defineTask,
  type TaskContext,
  type TaskProgress,
  type TaskType,
  type TextOrigin,
} from './config/define-task.ts';
export type { HandlerLogger } from './config/handler-logger.ts';
export { type SecretRef, secret } from './config/secret.ts';
export { PermanentError, TaskError } from './contracts/failures.ts';
