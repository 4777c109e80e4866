import { ArchiveError } from '../archive/index.ts';
import { FunnelError } from '../client/index.ts';
import { ignoreUnreadable } from '../codec/errors.ts';
import { CodecError, type KeyStore, type Tombstone } from '../codec/index.ts';
import {
  checkInput,
  describeIssues,
  evaluationIdOfImages,
  imagesUpdates,
  parseEvaluationId,
} from '../contract/index.ts';
import type { Execution, Workflows } from './executions.ts';
import type { ArchivedImages } from './images.ts';

/** What {@link forget} works on; `openForgetting` makes it of a Temporal client, a key store and an archive. */
export interface ForgetParts {
  keys: Pick<KeyStore, 'get' | 'requestErasure' | 'erasureRequest' | 'erase' | 'completeErasure'>;
  workflows: Workflows;
  images: ArchivedImages;
  now: () => Date;
  /** Waits between two looks at Temporal. */
  pause: () => Promise<unknown>;
  /** Each step, when it begins. */
  onStep?: (step: ForgetStep) => void;
}

export interface ForgetAsk {
  applicationId: string;
  /** Who forgets, and why; no personal data. Both stay in the tombstone. */
  by: string;
  reason: string;
  /** Ends an open funnel in Temporal instead of withdrawing it, which needs a worker. */
  terminate?: boolean;
  /** Goes on although the key store lacks the key of workflows that are encrypted. */
  keyLost?: boolean;
  /** Goes on although the archive lacks images that a workflow has archived. */
  imagesLost?: boolean;
}

/** In this order. Each can be repeated; after an interruption, all of them are. */
export const forgetSteps = [
  /** Refuses what is not known, under a legal hold, and with the wrong key store or archive. Changes nothing. */
  'check',
  /** Records the request in the key store: no start is possible from now on. */
  'request',
  'close_funnel',
  'end_images',
  'delete_images',
  'delete_workflows',
  /** Writes the tombstone and removes the key. */
  'erase_key',
  /** Deletes what came meanwhile, then removes the request. */
  'complete',
] as const;
export type ForgetStep = (typeof forgetSteps)[number];

/** What was done; the counts are of this call, so that one that is repeated counts what was left. */
export interface ForgottenApplication extends Tombstone {
  applicationId: string;
  deleted: { workflows: number; evaluations: number; objects: number };
  /** Foreign objects below the application's name in the archive, which were left alone. */
  foreignObjects: string[];
}

/**
 * Forgets an application: withdraws its funnel, deletes its images and workflows, and erases its key, after which nothing
 * that Temporal, a backup or a log kept of its payloads can be decrypted. Interrupted anywhere, it is finished by repeating it.
 *
 * Rejects with {@link FunnelError} `InvalidMessage`, `NotFound`, `Held`, `Unreachable`, ArchiveError `ArchiveHeld`,
 * `ArchiveUnsafe`, CodecError `KeyMissing`, `KeyUnreadable`, `KeyStoreUnavailable`, or StorageError.
 */
export async function forget(parts: ForgetParts, ask: ForgetAsk): Promise<ForgottenApplication> {
  checkAsk(ask);
  const work: Work = { ...parts, ask, deleted: { workflows: 0, evaluations: 0, objects: 0 } };
  for (const step of forgetSteps) {
    parts.onStep?.(step);
    await doing[step](work);
  }
  const { applicationId } = ask;
  const { foreign } = await parts.images.survey(applicationId);
  // It stands already: this returns it.
  const tombstone = await erased(work);
  return { applicationId, ...tombstone, deleted: work.deleted, foreignObjects: foreign };
}

interface Work extends ForgetParts {
  ask: ForgetAsk;
  deleted: ForgottenApplication['deleted'];
}

const doing: Record<ForgetStep, (work: Work) => Promise<void>> = {
  check,
  request,
  close_funnel: closeFunnel,
  end_images: endImages,
  delete_images: deleteImages,
  delete_workflows: deleteWorkflows,
  erase_key: eraseKey,
  complete,
};

function checkAsk({ applicationId, by, reason }: ForgetAsk): void {
  const { error } = checkInput(imagesUpdates.erase, { by, reason });
  if (error) throw new FunnelError('InvalidMessage', `${applicationId}: ${describeIssues(error)}`);
}

/** Looks at Temporal, a second apart, before what does not end is given up. */
const patience = 60;

async function check({ keys, workflows, images, ask }: Work): Promise<void> {
  const { applicationId } = ask;
  const executions = await workflows.executions(applicationId);
  const { evaluationIds } = await images.survey(applicationId);
  const key = await keyOf(keys, ask);
  const isKnown = executions.length + evaluationIds.length > 0 || key.kind !== 'missing';
  if (!isKnown && !(await keys.erasureRequest(applicationId))) {
    throw new FunnelError(
      'NotFound',
      `${applicationId}: nothing is known of this application: no workflow, no image, no key; check the id, KEY_STORE_URL, ARCHIVE_URL and TEMPORAL_ADDRESS`,
    );
  }
  if (ask.keyLost !== true) refuseOtherKeys(applicationId, key, executions);
  if (ask.imagesLost !== true) refuseOtherArchive(applicationId, evaluationIds, executions);
  refuseHeld(applicationId, executions);
  for (const evaluationId of evaluationIds) await images.refuseHeld({ applicationId, evaluationId });
}

/** The archive decides where the workflow has ended. */
function refuseHeld(applicationId: string, executions: Execution[]): void {
  for (const { isRunning, heldSince, workflowId } of executions) {
    if (!isRunning || heldSince === null) continue;
    const what = `the images of ${workflowId} are under a legal hold since ${heldSince}`;
    throw new FunnelError('Held', `${applicationId}: ${what}; release it, then repeat "forget"`);
  }
}

/** To erase the key of another store, or none, would leave the one that opens what backups keep. */
function refuseOtherKeys(applicationId: string, key: Key, executions: Execution[]): void {
  if (key.kind !== 'found' && key.kind !== 'missing') return;
  const keyIds = new Set(executions.flatMap((execution) => execution.keyIds));
  if (keyIds.size === 0 || (key.kind === 'found' && keyIds.has(key.keyId))) return;
  const what = key.kind === 'found' ? 'has another key than its workflows' : 'has no key of it';
  throw new CodecError('KeyMissing', `${applicationId}: the key store ${what}; nothing was changed`);
}

/** A deletion leaves a record, so an archive with nothing of archived images is not the one that has them. */
function refuseOtherArchive(applicationId: string, evaluationIds: string[], executions: Execution[]): void {
  for (const { hasArchived, workflowId } of executions) {
    if (!hasArchived || evaluationIds.includes(evaluationIdOf(workflowId))) continue;
    const what = `the archive has neither the images of ${workflowId} nor a record of their deletion`;
    const next =
      'check ARCHIVE_URL, then repeat "forget"; if the images are lost, repeat it with --images-lost';
    throw new ArchiveError('ArchiveUnsafe', `${applicationId}: ${what}; nothing was changed; ${next}`);
  }
}

type Key = { kind: 'found'; keyId: string } | { kind: 'missing' | 'forgotten' | 'unreadable' };

/** A key that cannot be opened here can still be erased, as long as no update has to be encrypted with it. */
async function keyOf(keys: Work['keys'], { applicationId, terminate, keyLost }: ForgetAsk): Promise<Key> {
  try {
    const found = await keys.get(applicationId);
    return found.kind === 'found' ? { kind: 'found', keyId: found.key.keyId } : { kind: found.kind };
  } catch (error) {
    const isUnreadable = error instanceof CodecError && error.type === 'KeyUnreadable';
    if (!isUnreadable || (terminate !== true && keyLost !== true)) throw error;
    return { kind: 'unreadable' };
  }
}

async function request({ keys, now, ask }: Work): Promise<void> {
  const { applicationId, by, reason } = ask;
  await keys.requestErasure(applicationId, { at: now().toISOString(), by, reason });
}

/** A funnel that a worker has begun is withdrawn, so that HR gets its notice; one that cannot be sent an update is terminated. */
async function closeFunnel(work: Work): Promise<void> {
  const { workflows, ask } = work;
  const { applicationId, by, reason } = ask;
  for (let look = 1; ; look += 1) {
    const open = (await workflows.executions(applicationId)).find(
      ({ kind, isRunning }) => kind === 'funnel' && isRunning,
    );
    if (!open) return;
    if (!open.hasBegun || !(await canAsk(work))) await workflows.terminate(open);
    else if (!open.isClosing) await asked(work, () => workflows.withdraw(applicationId, { by, reason }));
    if (look > patience) throw stuck(applicationId, 'its funnel was withdrawn, and has not ended yet');
    await work.pause();
  }
}

/** Updates are encrypted: without the key, no worker can read them. */
async function canAsk({ keys, ask }: Work): Promise<boolean> {
  if (ask.terminate === true) return false;
  return (await keyOf(keys, ask)).kind === 'found';
}

/** It may have ended since it was looked at. */
async function asked({ ask }: Work, update: () => Promise<void>): Promise<void> {
  try {
    await update();
  } catch (error) {
    if (!(error instanceof FunnelError)) throw error;
    if (settled.includes(error.type)) return;
    if (error.type !== 'Unreachable') throw error;
    throw stuck(ask.applicationId, 'no worker answers', error);
  }
}

const settled: readonly FunnelError['type'][] = ['NotFound', 'WrongStage', 'WrongState', 'EndedInTemporal'];

function stuck(applicationId: string, what: string, cause?: unknown): FunnelError {
  return new FunnelError(
    'Unreachable',
    `${applicationId}: ${what}; it is not forgotten yet: start a worker and repeat "forget", or repeat it with --terminate`,
    { cause },
  );
}

/** The workflow of the images is asked first, because it alone knows of a hold that was placed in this moment. */
async function endImages(work: Work): Promise<void> {
  const { workflows, ask } = work;
  const { applicationId, by, reason } = ask;
  const running = (await workflows.executions(applicationId)).filter(({ isRunning }) => isRunning);
  refuseHeld(applicationId, running);
  for (const { kind, workflowId, hasBegun } of running) {
    if (kind !== 'images' || !hasBegun || !(await canAsk(work))) continue;
    await asked(work, () => workflows.eraseImages(evaluationIdOf(workflowId), { by, reason }));
  }
  for (const execution of running) if (execution.kind !== 'funnel') await workflows.terminate(execution);
}

async function deleteImages({ workflows, images, ask, deleted }: Work): Promise<void> {
  const { applicationId, by, reason } = ask;
  const { evaluationIds } = await images.survey(applicationId);
  // Also evaluations without archived images: a worker that is still archiving finds the record, and removes what it stored.
  const begun = (await workflows.executions(applicationId))
    .filter(({ kind }) => kind === 'images')
    .map(({ workflowId }) => evaluationIdOf(workflowId));
  for (const evaluationId of new Set([...evaluationIds, ...begun])) {
    const removed = await images.delete({ applicationId, evaluationId }, { by, reason });
    if (removed === 0) continue;
    deleted.evaluations += 1;
    deleted.objects += removed;
  }
}

function evaluationIdOf(workflowId: string): string {
  const id = evaluationIdOfImages(workflowId);
  if (parseEvaluationId(id)) return id;
  throw new FunnelError('InvalidMessage', `${workflowId}: no workflow of images has this id`);
}

/**
 * Children go before their parents, whose histories name them. Two looks that find nothing count as gone, because Temporal's
 * list can lag.
 */
async function deleteWorkflows({ workflows, pause, ask, deleted }: Work): Promise<void> {
  const known = new Set<string>();
  let clean = 0;
  for (let look = 1; clean < 2; look += 1) {
    const executions = await workflows.executions(ask.applicationId);
    for (const execution of executions) if (execution.isRunning) await workflows.terminate(execution);
    for (const execution of executions) {
      known.add(`${execution.workflowId} ${execution.runId}`);
      await workflows.delete(execution);
    }
    clean = executions.length === 0 ? clean + 1 : 0;
    if (clean < 2) await pause();
    if (look > patience) {
      const message = `${ask.applicationId}: Temporal has not deleted all of its workflows yet; repeat "forget"`;
      throw new FunnelError('Unreachable', message);
    }
  }
  deleted.workflows += known.size;
}

async function eraseKey(work: Work): Promise<void> {
  await erased(work);
}

/** In the name of the first requester, whoever finishes it. Returns the tombstone that stands. */
async function erased({ keys, now, ask }: Work): Promise<Tombstone> {
  const { applicationId } = ask;
  const at = now().toISOString();
  const first = await keys.erasureRequest(applicationId).catch(ignoreUnreadable);
  const { by, reason } = first ?? ask;
  return keys.erase(applicationId, { at, by, reason });
}

async function complete(work: Work): Promise<void> {
  // A start that had its key before the request is possible until the key is gone.
  await deleteImages(work);
  await deleteWorkflows(work);
  await work.keys.completeErasure(work.ask.applicationId);
}
