// The package's public surface: what a config file imports.
export type { AnalyzeDocumentOptions } from './activities/tasks/analyze-document/analysis-settings.ts';
export { analyzeDocument } from './activities/tasks/analyze-document/analyze-document.ts';
export type {
  ConfigInput,
  Handler,
  HandlerContext,
  WebhookEvent,
} from './config/define-config.ts';
export { defineConfig } from './config/define-config.ts';
export {
  clientUrl,
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
