import type { ClientInterceptors } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import { applicationIdOf } from '../contract/index.ts';
import { createPayloadCodec, type CodecOptions } from './codec.ts';
import { failureConverterPath } from './failure-converter-path.ts';
import { cachedKeys } from './keys/cache.ts';
import { hastyKeys, patientKeys } from './keys/patient.ts';
import type { KeyStore } from './keys/store.ts';

type OnProblem = CodecOptions['onProblem'];

/** For a worker: what it cannot read or encrypt fails the task, by name, and Temporal repeats that. It makes no key by encoding. */
export function workerConverter(store: Pick<KeyStore, 'get'>, onProblem?: OnProblem): DataConverter {
  const cached = cachedKeys(store);
  return converterOf(
    { keys: patientKeys(cached), keysOfActivities: hastyKeys(cached), unreadable: 'throw' },
    onProblem,
  );
}

/**
 * Options of a Temporal client that encrypts: `new Client({ connection, ...encryptedClient(store) })`. Whoever starts a funnel
 * with it makes the key of the application first; what it cannot read is `{ unreadable }` in the place of the value.
 */
export function encryptedClient(
  store: Pick<KeyStore, 'get' | 'create'>,
  onProblem?: OnProblem,
): { dataConverter: DataConverter; interceptors: ClientInterceptors } {
  const makeKey = async (workflowId: string): Promise<void> => {
    const applicationId = applicationIdOf(workflowId);
    if (applicationId !== undefined) await store.create(applicationId);
  };
  return {
    dataConverter: converterOf({ keys: cachedKeys(store), unreadable: 'mark' }, onProblem),
    interceptors: {
      workflow: [
        {
          startWithDetails: async (input, next) => {
            await makeKey(input.options.workflowId);
            return next(input);
          },
          signalWithStart: async (input, next) => {
            await makeKey(input.options.workflowId);
            return next(input);
          },
          startUpdateWithStart: async (input, next) => {
            await makeKey(input.workflowStartOptions.workflowId);
            return next(input);
          },
        },
      ],
    },
  };
}

function converterOf(options: CodecOptions, onProblem: OnProblem): DataConverter {
  const codec = createPayloadCodec({ ...options, ...(onProblem ? { onProblem } : {}) });
  return { payloadCodecs: [codec], failureConverterPath };
}
