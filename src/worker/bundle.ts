import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { bundlePath } from './bundle-path.ts';

/** Part of `npm run build`: bundles the workflows once, so that a worker starts without webpack. */
const { code } = await bundleWorkflowCode({
  workflowsPath: fileURLToPath(new URL('../../workflows/index.js', import.meta.url)),
  workflowInterceptorModules: [fileURLToPath(new URL('../../workflows/query-guard.js', import.meta.url))],
  // It has no state of a workflow; to evaluate it anew for each took a seventh of what a replay takes.
  preloadModules: [fileURLToPath(import.meta.resolve('zod'))],
  logger: new DefaultLogger('WARN'),
});
await writeFile(bundlePath, code);
