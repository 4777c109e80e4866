import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { failureConverterPath } from '../codec/index.ts';
import { bundlePath, encryptedBundlePath } from './bundle-path.ts';

/** Part of `npm run build`: bundles the workflows once, so that a worker starts without webpack. */
for (const [path, converter] of [
  [bundlePath, {}],
  [encryptedBundlePath, { failureConverterPath }],
] as const) {
  const { code } = await bundleWorkflowCode({
    ...converter,
    workflowsPath: fileURLToPath(new URL('../../workflows/index.js', import.meta.url)),
    workflowInterceptorModules: [
      fileURLToPath(new URL('../../workflows/query-guard.js', import.meta.url)),
      fileURLToPath(new URL('../../workflows/failure-log.js', import.meta.url)),
    ],
    // The SDK's modules keep no state of a workflow outside its activator; see decision 63 in docs/decisions.md before adding others.
    preloadModules: [
      '@temporalio/workflow',
      fileURLToPath(new URL('../../workflows/preload.js', import.meta.url)),
    ],
    webpackConfigHook: (config) => ({
      ...config,
      // Makes one module of the contract and of zod, with one surface; see workflows/preload.ts.
      optimization: { ...config.optimization, concatenateModules: true, usedExports: true },
    }),
    logger: new DefaultLogger('WARN'),
  });
  await writeFile(path, code);
}
