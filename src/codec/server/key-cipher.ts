import type { Payload } from '@temporalio/common';
import { applicationIdOf, isClear } from '../../contract/index.ts';
import { CodecError, type CodecProblem } from '../errors.ts';
import { cachedKeys } from '../keys/cache.ts';
import type { KeyStore } from '../keys/store.ts';
import { labelOf, open, seal } from '../payload.ts';
import { type Cipher, type Opened, type KeyRefusal, unreadables } from './cipher.ts';

/** Opens and seals with the keys of a store, which are remembered for a minute. */
export function createKeyCipher(store: Pick<KeyStore, 'get' | 'create' | 'tombstone'>): Cipher {
  const keys = cachedKeys(store);

  async function opened(payload: Payload, namespace: string | undefined): Promise<Opened> {
    const label = labelOf(payload);
    if (!label) return { payload };
    if (namespace !== undefined && label.namespace !== namespace) return { unreadable: 'PayloadMisplaced' };
    const applicationId = applicationIdOf(label.workflowId);
    if (applicationId === undefined) return { unreadable: 'NoApplication' };
    const found = await keys.get(applicationId);
    if (found.kind === 'missing') return { unreadable: 'KeyMissing' };
    if (found.kind === 'forgotten') return { unreadable: 'KeyForgotten' };
    return { payload: open(payload, label, found.key) };
  }

  return {
    labelOf: (payload) => {
      try {
        return labelOf(payload);
      } catch (error) {
        // It says that it is encrypted, and no more that can be read.
        if (problemOf(error) === 'PayloadUnknown') return { workflowId: '' };
        throw error;
      }
    },
    open: async (payload, namespace) => {
      try {
        return await opened(payload, namespace);
      } catch (error) {
        const problem = problemOf(error);
        if (problem === 'KeyStoreUnavailable') return 'key_store_unavailable';
        const unreadable = unreadables.find((known) => known === problem);
        if (unreadable) return { unreadable };
        throw error;
      }
    },
    seal: async (payloads, { namespace, workflowId }) => {
      const applicationId = applicationIdOf(workflowId);
      if (applicationId === undefined) return 'no_application';
      try {
        // Not a remembered one: what is encrypted with the key of an application that was forgotten is lost.
        const key = await store.create(applicationId);
        return payloads.map((payload) =>
          isSealed(payload) ? payload : seal(payload, key, { namespace, workflowId }),
        );
      } catch (error) {
        return refusalOf(error);
      }
    },
    tombstone: async (workflowId) => {
      const applicationId = applicationIdOf(workflowId);
      if (applicationId === undefined) return 'no_application';
      try {
        return { found: await store.tombstone(applicationId) };
      } catch (error) {
        return refusalOf(error);
      }
    },
    ready: async () => {
      // Reads a key that does not exist; rejects if the store is down.
      await store.get('ready');
      return true;
    },
  };
}

const keyRefusals = new Map<CodecProblem | undefined, KeyRefusal>([
  ['KeyForgotten', 'forgotten'],
  ['KeyUnreadable', 'key_unreadable'],
  ['KeyStoreUnavailable', 'key_store_unavailable'],
]);

function refusalOf(error: unknown): KeyRefusal {
  const refusal = keyRefusals.get(problemOf(error));
  if (refusal) return refusal;
  throw error;
}

function problemOf(error: unknown): CodecProblem | undefined {
  return error instanceof CodecError ? error.type : undefined;
}

/** Already encrypted, in whatever form, or marked to stay in clear. */
function isSealed(payload: Payload): boolean {
  if (isClear(payload)) return true;
  try {
    return labelOf(payload) !== undefined;
  } catch {
    return true;
  }
}
