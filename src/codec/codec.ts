import type { Payload, PayloadCodec } from '@temporalio/common';
import { applicationIdOf, isClear, plainPayload } from '../contract/index.ts';
import { CodecError, type CodecProblem } from './errors.ts';
import { failureInClear, isOfFailure } from './failure-payload.ts';
import type { KeySource } from './keys/cache.ts';
import type { KeyFound } from './keys/store.ts';
import { type DataKey, labelOf, open, type Place, seal } from './payload.ts';

export interface CodecOptions {
  keys: KeySource;
  /** For arguments and results of activities, which must not wait for long to be read; `keys` when absent. */
  keysOfActivities?: KeySource;
  /** `throw` on workers: a workflow must not go on without its data. `mark` on clients: what cannot be read spoils nothing else. */
  unreadable: 'throw' | 'mark';
  /** Counts and logs; gets no value of a payload. */
  onProblem?: (problem: CodecProblem, workflowId: string) => void;
}

type Context = Partial<Place> | undefined;

/**
 * Encrypts payloads with the key of their application, except those that are marked as clear. The key must be there: nobody
 * makes one by encoding.
 */
export function createPayloadCodec({
  keys,
  keysOfActivities = keys,
  unreadable,
  onProblem,
}: CodecOptions): PayloadCodec {
  const keyOf = (workflowId: string, source: KeySource): DataKey | Promise<DataKey> => {
    const applicationId = applicationIdOf(workflowId);
    if (applicationId === undefined) {
      throw new CodecError('NoApplication', `the workflow ${workflowId} belongs to no application`);
    }
    const found = source.get(applicationId);
    return 'then' in found
      ? found.then((key) => foundKey(applicationId, key))
      : foundKey(applicationId, found);
  };

  const decodeOne = async (payload: Payload, context: Context, source: KeySource): Promise<Payload> => {
    const label = labelOf(payload);
    if (!label) return payload;
    const { namespace = label.namespace, workflowId = label.workflowId } = context ?? {};
    if (namespace !== label.namespace || workflowId !== label.workflowId) {
      throw new CodecError('PayloadMisplaced', `a payload of ${label.workflowId} was found in ${workflowId}`);
    }
    const key = keyOf(label.workflowId, source);
    return open(payload, label, 'then' in key ? await key : key);
  };

  return {
    encode: async (payloads, context) => {
      if (payloads.every((payload) => isClear(payload))) return payloads;
      try {
        const place = placeOf(context);
        const found = keyOf(place.workflowId, keys);
        const key = 'then' in found ? await found : found;
        return payloads.map((payload) => (isClear(payload) ? payload : seal(payload, key, place)));
      } catch (error) {
        // The SDK encodes the failure of a workflow task without saying of which workflow.
        if (context && error instanceof CodecError) onProblem?.(error.type, workflowIdIn(context));
        // A worker that cannot report a failure ends itself.
        if (payloads.every((payload) => isClear(payload) || isOfFailure(payload))) {
          return payloads.map((payload) => (isClear(payload) ? payload : failureInClear(payload)));
        }
        throw error;
      }
    },
    decode: (payloads, context) =>
      Promise.all(
        payloads.map(async (payload) => {
          try {
            const source = context?.type === 'activity' ? keysOfActivities : keys;
            return await decodeOne(payload, context && placeOf(context), source);
          } catch (error) {
            if (!(error instanceof CodecError)) throw error;
            onProblem?.(error.type, workflowIdIn(context));
            if (unreadable === 'throw') throw error;
            return plainPayload({ unreadable: error.type });
          }
        }),
      ),
  };
}

function foundKey(applicationId: string, found: KeyFound): DataKey {
  switch (found.kind) {
    case 'found':
      return found.key;
    case 'missing':
      throw new CodecError('KeyMissing', `${applicationId}: the key store has no key of it`);
    case 'forgotten':
      throw new CodecError('KeyForgotten', `${applicationId}: it was forgotten at ${found.tombstone.at}`);
  }
}

function workflowIdIn(context: unknown): string {
  return String(Object(context).workflowId ?? '');
}

function placeOf(context: unknown): Place {
  const { namespace, workflowId } = Object(context);
  if (typeof namespace === 'string' && typeof workflowId === 'string') return { namespace, workflowId };
  throw new CodecError('NoApplication', 'a payload without a workflow cannot be encrypted');
}
