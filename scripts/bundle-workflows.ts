// Bundles the compiled workflows into the one file that workers load, so that they bundle nothing at their start.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

const { code } = await bundleWorkflowCode({
  workflowsPath: path('../dist/workflows/index.js'),
  workflowInterceptorModules: [path('../dist/workflows/interceptors.js')],
  payloadConverterPath: path('../dist/payloads/raw-body.js'),
  failureConverterPath: path('../dist/payloads/failure-converter.js'),
  logger: new DefaultLogger('WARN'),
});
writeFileSync(path('../dist/workflow-bundle.js'), code);
