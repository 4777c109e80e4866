import { CodecError, type CodecProblem, type KeyCheck, type KeyStore } from '../../codec/index.ts';
import { print } from '../output.ts';
import { neededKeyStore } from '../payload-keys.ts';
import { InputError } from '../errors.ts';

export function newKey(applicationId: string, json: boolean | undefined): Promise<void> {
  return withKeys(async (store) => {
    const { keyId } = await store.create(applicationId);
    print({ applicationId, keyId }, () => `${applicationId}  key ${keyId}`, json);
  });
}

/** Of one application, or of all. */
export function rotateKeys(applicationId: string | undefined, json: boolean | undefined): Promise<void> {
  return withKeys(async (store) => {
    const ids: string[] = [];
    if (applicationId === undefined) for await (const id of store.list()) ids.push(id);
    else ids.push(applicationId);
    for (const id of ids) {
      // One key that cannot be opened must not keep the others from being wrapped anew.
      const result = await store.rotate(id).catch((error: unknown) => {
        if (!(error instanceof CodecError) || error.type === 'KeyStoreUnavailable') throw error;
        if (applicationId !== undefined) throw error;
        process.exitCode = 1;
        return error.type;
      });
      if (result === 'missing' && applicationId !== undefined) {
        throw new InputError(`${id}: the key store has no key of it`);
      }
      print({ applicationId: id, result }, () => `${id}  ${rotationWords[result] ?? result}`, json);
    }
  });
}

const rotationWords: Partial<Record<CodecProblem | 'rotated' | 'missing', string>> = {
  KeyUnreadable: 'not rotated: no identity at hand opens it, or its object was changed',
  KeyForgotten: 'removed: it was forgotten, and its key was there again',
};

export function listKeys(json: boolean | undefined): Promise<void> {
  return withKeys(async (store) => {
    for await (const applicationId of store.list()) print({ applicationId }, () => applicationId, json);
  });
}

const words: Record<KeyCheck['state'], string> = {
  ok: 'ok',
  unreadable: 'unreadable: no identity at hand opens it, or its object was changed',
  revived:
    'revived: it was forgotten, and its key is there again; repeat "candidate-funnel forget", and remove it from the backup',
  forgotten: 'forgotten',
  unfinished: 'unfinished: somebody began to forget it; repeat "candidate-funnel forget"',
};

export function checkKeys(json: boolean | undefined): Promise<void> {
  return withKeys(async (store) => {
    const counts: Record<KeyCheck['state'], number> = {
      ok: 0,
      unreadable: 0,
      revived: 0,
      forgotten: 0,
      unfinished: 0,
    };
    for await (const { applicationId, state } of store.check()) {
      counts[state] += 1;
      if (json || (state !== 'ok' && state !== 'forgotten')) {
        print({ applicationId, state }, () => `${applicationId}  ${words[state]}`, json);
      }
    }
    if (!json) {
      print(
        counts,
        () =>
          `${counts.ok} keys open, ${counts.unreadable} do not, ${counts.revived} revived, ${counts.forgotten} forgotten, ${counts.unfinished} unfinished`,
        false,
      );
    }
    if (counts.unreadable + counts.revived + counts.unfinished > 0) process.exitCode = 1;
  });
}

async function withKeys(work: (store: KeyStore) => Promise<void>): Promise<void> {
  const store = neededKeyStore();
  try {
    await work(store);
  } finally {
    store.close();
  }
}
