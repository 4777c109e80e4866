import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { failureConverterPath } from '../codec/index.ts';
import { recordInputs } from './bundle-inputs.ts';

const workflowsPath = fileURLToPath(new URL('../../workflows/index.js', import.meta.url));
const interceptors = [
  fileURLToPath(new URL('../../workflows/query-guard.js', import.meta.url)),
  fileURLToPath(new URL('../../workflows/failure-log.js', import.meta.url)),
];
const shared = fileURLToPath(new URL('../../workflows/preload.js', import.meta.url));

/** Writes the workflows' bundle, and what it was made of. */
export async function makeBundle(path: string, { encrypted }: { encrypted: boolean }): Promise<void> {
  const inputs = new Set(besides);
  const { code } = await bundleWorkflowCode({
    ...(encrypted && { failureConverterPath }),
    workflowsPath,
    workflowInterceptorModules: interceptors,
    // Evaluated once for all workflows of a thread: no module may keep anything of a workflow (decision 81 in docs/decisions.md).
    preloadModules: ['@temporalio/workflow', shared, workflowsPath, ...interceptors],
    webpackConfigHook: (config) => ({
      ...config,
      // Makes one module of the contract and of zod, with one surface; see workflows/preload.ts.
      optimization: { ...config.optimization, concatenateModules: true, usedExports: true },
      plugins: [
        ...(config.plugins ?? []),
        (compiler) =>
          compiler.hooks.done.tap('inputs', ({ compilation }) => {
            for (const file of compilation.fileDependencies) inputs.add(file);
          }),
      ],
    }),
    logger: new DefaultLogger('WARN'),
  });
  await writeFile(path, code);
  await recordInputs(path, inputs);
}

/** Inputs that webpack does not know of: its settings, and the versions that npm installed. */
const besides = [
  './bundle.js',
  './make-bundle.js',
  './bundle-inputs.js',
  '../codec/failure-converter-path.js',
  '../../../node_modules/.package-lock.json',
].map((path) => fileURLToPath(new URL(path, import.meta.url)));
