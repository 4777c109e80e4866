import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { failureConverterPath } from '../codec/index.ts';
import { bundlePath, encryptedBundlePath } from './bundle-path.ts';

const workflowsPath = fileURLToPath(new URL('../../workflows/index.js', import.meta.url));
const interceptors = [
  fileURLToPath(new URL('../../workflows/query-guard.js', import.meta.url)),
  fileURLToPath(new URL('../../workflows/failure-log.js', import.meta.url)),
];
const shared = fileURLToPath(new URL('../../workflows/preload.js', import.meta.url));

/** Part of `npm run build`: bundles the workflows once, so that a worker starts without webpack. */
for (const [path, converter] of [
  [bundlePath, {}],
  [encryptedBundlePath, { failureConverterPath }],
] as const) {
  const { code } = await bundleWorkflowCode({
    ...converter,
    workflowsPath,
    workflowInterceptorModules: interceptors,
    // Evaluated once for all workflows of a thread: no module may keep anything of a workflow (decision 81 in docs/decisions.md).
    preloadModules: ['@temporalio/workflow', shared, workflowsPath, ...interceptors],
    webpackConfigHook: (config) => ({
      ...config,
      // Makes one module of the contract and of zod, with one surface; see workflows/preload.ts.
      optimization: { ...config.optimization, concatenateModules: true, usedExports: true },
    }),
    logger: new DefaultLogger('WARN'),
  });
  await writeFile(path, code);
}
