import { isUpToDate } from './bundle-inputs.ts';
import { bundlePath, encryptedBundlePath } from './bundle-path.ts';

/** Part of `npm run build`: bundles the workflows once, so that a worker starts without webpack. */
for (const [path, encrypted] of [
  [bundlePath, false],
  [encryptedBundlePath, true],
] as const) {
  if (await isUpToDate(path)) continue;
  const { makeBundle } = await import('./make-bundle.ts');
  await makeBundle(path, { encrypted });
}
