import type { Because, EvaluationRef } from '../../src/archive/index.ts';
import { FunnelError } from '../../src/client/index.ts';
import { createKeyStore, type KeyStore, type KeyWrapper, type Tombstone } from '../../src/codec/index.ts';
import type { Execution, Workflows } from '../../src/forget/executions.ts';
import type { ForgetParts } from '../../src/forget/forget.ts';
import { archivedImages } from '../../src/forget/images.ts';
import type { Storage } from '../../src/storage/index.ts';

export const applicationId = 'app-1';
export const evaluationIdOf = (attempt: number) =>
  `${applicationId}~0a1b2c3d~document_verification~${attempt}`;

/** A storage in memory; `locked` keys are held by the storage itself. */
function memoryStorage(locked = new Set<string>()): Storage & { objects: Map<string, Uint8Array> } {
  const objects = new Map<string, Uint8Array>();
  const bytesOf = async (body: Uint8Array | AsyncIterable<Uint8Array>) => {
    if (body instanceof Uint8Array) return body;
    const chunks: Uint8Array[] = [];
    for await (const chunk of body) chunks.push(chunk);
    return Buffer.concat(chunks);
  };
  return {
    objects,
    putIfAbsent: async (key, body) => {
      if (objects.has(key)) return 'exists';
      objects.set(key, await bytesOf(body));
      return 'stored';
    },
    get: async (key) => {
      const bytes = objects.get(key);
      return (
        bytes &&
        (async function* () {
          yield bytes;
        })()
      );
    },
    delete: async (key) => Number(objects.delete(key)),
    deleteLeftovers: async () => 0,
    async *list(prefix) {
      for (const [key, bytes] of [...objects].toSorted(([one], [other]) => (one < other ? -1 : 1))) {
        if (!key.startsWith(prefix)) continue;
        yield { key, bytes: bytes.byteLength, modifiedAt: new Date(0), leftover: false };
      }
    },
    held: async (key) => locked.has(key),
    tryOut: async () => [],
    close: () => undefined,
  };
}

const plain: KeyWrapper = { wrap: async (bytes) => bytes, unwrap: async (bytes) => bytes };

export interface Plan {
  funnel: 'open' | 'unbegun' | 'closing' | 'terminated' | 'none';
  /** Retention workflows, and whether they run. */
  images: { running: boolean; archived: boolean }[];
  key: boolean;
  /** The funnel leaves a workflow of undelivered notices when it closes. */
  notices: boolean;
  /** No worker answers. */
  workerDown?: boolean;
  /** Another start arrives at this call of Temporal's list, with a key that it had before. */
  startsAtLook?: number;
}

export interface FakeWorld {
  keyStorage: ReturnType<typeof memoryStorage>;
  archive: ReturnType<typeof memoryStorage>;
  locked: Set<string>;
  keys: KeyStore;
  executions: Map<string, Execution>;
  withdrawn: string[];
  /** Runs of `start`; `late`: after everything was forgotten, so that only the next `forget` finds it. */
  started: Map<string, 'meanwhile' | 'late'>;
  parts: ForgetParts;
  /** A start whose sender had the key before the request. */
  start(): void;
}

/** Everything that forgetting touches, in memory. Temporal deletes a moment after it was asked. */
export async function fakeWorld(plan: Plan): Promise<FakeWorld> {
  const keyStorage = memoryStorage();
  const locked = new Set<string>();
  const archive = memoryStorage(locked);
  const keys = createKeyStore(keyStorage, plain);
  const keyIds = plan.key ? [(await keys.create(applicationId)).keyId] : [];
  const executions = new Map<string, Execution>();
  const leaving = new Set<string>();
  const withdrawn: string[] = [];
  const started: FakeWorld['started'] = new Map();
  const add = (kind: Execution['kind'], workflowId: string, more: Partial<Execution> = {}): string => {
    const runId = `run-${executions.size + leaving.size}-${workflowId}`;
    executions.set(runId, {
      kind,
      workflowId,
      runId,
      isRunning: true,
      hasBegun: true,
      isClosing: false,
      heldSince: null,
      hasArchived: false,
      keyIds,
      ...more,
    });
    return runId;
  };
  const funnelId = `funnel-${applicationId}`;
  const isForgotten = () =>
    keyStorage.objects.has(`tombstones/${applicationId}`) &&
    !keyStorage.objects.has(`forgetting/${applicationId}`);
  const start = (): void => {
    const runId = add('funnel', funnelId, { hasBegun: false });
    started.set(runId, isForgotten() ? 'late' : 'meanwhile');
  };
  if (plan.funnel !== 'none') {
    add('funnel', funnelId, {
      isRunning: plan.funnel !== 'terminated',
      hasBegun: plan.funnel !== 'unbegun',
      isClosing: plan.funnel === 'closing',
      ...(plan.funnel === 'unbegun' ? { keyIds: [] } : {}),
    });
  }
  for (const [at, { running, archived }] of plan.images.entries()) {
    const evaluationId = evaluationIdOf(at + 1);
    add('images', `images-${evaluationId}`, { isRunning: running, hasArchived: archived });
    if (archived)
      archive.objects.set(`${applicationId}/${evaluationId}/0123456789abcdef/a.age`, Buffer.from('x'));
  }
  const change = (runId: string, more: Partial<Execution>): void => {
    const known = executions.get(runId);
    if (known) executions.set(runId, { ...known, ...more });
  };
  const down = (): void => {
    if (plan.workerDown) throw new FunnelError('Unreachable', 'no worker answers');
  };
  let looks = 0;
  const workflows: Workflows = {
    executions: async () => {
      looks += 1;
      if (looks === plan.startsAtLook) start();
      const depths = { funnel: 0, images: 1, notices: 2 };
      return [...executions.values()].toSorted((one, other) => depths[other.kind] - depths[one.kind]);
    },
    withdraw: async (id) => {
      down();
      const open = [...executions.values()].find(({ kind, isRunning }) => kind === 'funnel' && isRunning);
      if (!open) throw new FunnelError('NotFound', id);
      if (open.isClosing) throw new FunnelError('WrongStage', id);
      withdrawn.push(id);
      change(open.runId, { isClosing: true });
    },
    eraseImages: async (evaluationId) => {
      down();
      for (const key of archive.objects.keys()) if (key.includes(evaluationId)) archive.objects.delete(key);
      for (const { workflowId, runId } of executions.values()) {
        if (workflowId === `images-${evaluationId}`) change(runId, { isRunning: false, hasArchived: false });
      }
    },
    terminate: async ({ runId }) => change(runId, { isRunning: false }),
    delete: async ({ runId }) => void leaving.add(runId),
  };
  const pause = async (): Promise<void> => {
    for (const runId of leaving) executions.delete(runId);
    leaving.clear();
    for (const { runId, isClosing, isRunning } of executions.values()) {
      if (!isClosing || !isRunning) continue;
      change(runId, { isRunning: false });
      if (plan.notices) add('notices', `notices-${applicationId}-0a1b2c3d-00000001`);
    }
  };
  const now = () => new Date('2026-01-02T03:04:05.000Z');
  const images = archivedImages(archive, now);
  return {
    keyStorage,
    archive,
    locked,
    keys,
    executions,
    withdrawn,
    started,
    parts: { keys, workflows, images, now, pause },
    start,
  };
}

/** The process is killed. */
export class Killed extends Error {}

/** The same parts; call number `at`, whatever it is, never happens, or nobody learns that it did. */
export function killedAt(parts: ForgetParts, at: number, when: 'before' | 'after'): ForgetParts {
  let calls = 0;
  let isDead = false;
  const counted =
    <Given extends unknown[], Answer>(call: (...given: Given) => Promise<Answer>) =>
    async (...given: Given): Promise<Answer> => {
      calls += 1;
      if (isDead || (calls === at && when === 'before')) {
        isDead = true;
        throw new Killed(`call ${at}`);
      }
      const answer = await call(...given);
      if (calls !== at) return answer;
      isDead = true;
      throw new Killed(`call ${at}`);
    };
  const { keys, workflows, images } = parts;
  return {
    ...parts,
    pause: counted(parts.pause),
    keys: {
      get: counted((id: string) => keys.get(id)),
      requestErasure: counted((id: string, request: Tombstone) => keys.requestErasure(id, request)),
      erasureRequest: counted((id: string) => keys.erasureRequest(id)),
      erase: counted((id: string, tombstone: Tombstone) => keys.erase(id, tombstone)),
      completeErasure: counted((id: string) => keys.completeErasure(id)),
    },
    workflows: {
      executions: counted((id: string) => workflows.executions(id)),
      withdraw: counted((id: string, because: Because) => workflows.withdraw(id, because)),
      eraseImages: counted((id: string, because: Because) => workflows.eraseImages(id, because)),
      terminate: counted((execution: Execution) => workflows.terminate(execution)),
      delete: counted((execution: Execution) => workflows.delete(execution)),
    },
    images: {
      survey: counted((id: string) => images.survey(id)),
      refuseHeld: counted((ref: EvaluationRef) => images.refuseHeld(ref)),
      delete: counted((ref: EvaluationRef, because: Because) => images.delete(ref, because)),
    },
  };
}
