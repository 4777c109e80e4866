import { bundlePath } from '../../src/worker/bundle-path.ts';
import { openSandbox } from './server/sandbox.ts';

/** One for all tests of a process: what a workflow leaves behind is nothing, and the bundle is compiled and optimized once. */
export const sandbox = openSandbox(bundlePath);
