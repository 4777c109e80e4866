import type { TestProject } from 'vitest/node';
import { ensureTemporal } from '../../src/dev-server/index.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    temporalAddress: string;
  }
}

/** One Temporal dev server for all tests; found as the README says. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const temporal = await ensureTemporal({
    env: process.env,
    onProgress: (line) => process.stderr.write(`${line}\n`),
  });
  project.provide('temporalAddress', temporal.address);
  return () => temporal.stop();
}
