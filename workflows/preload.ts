import * as contract from '../src/contract/index.ts';

/**
 * The contract is evaluated once for all workflows of a worker: it has no state of a workflow, and to build zod's
 * schemas anew was more than a third of a replay. The SDK freezes what workflows share, all the way down, and zod's schemas
 * cannot work frozen (they keep what they derive from themselves). It does not look into what is frozen already.
 */
const surface: object = contract;
Object.freeze(surface);

/**
 * Frames of a stack. The SDK records one stack for each promise, which is a quarter of the time that workflows take; two of its frames
 * are the SDK's own. Three are enough to see in the call stack of Temporal's UI where a workflow waits.
 */
Error.stackTraceLimit = 5;
