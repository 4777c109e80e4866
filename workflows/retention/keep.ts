import { condition } from '@temporalio/workflow';
import type { ImagesHeld, ImagesHold } from '../../src/contract/index.ts';
import { now } from '../clock.ts';
import { tryDeletion, tryHold, tryRelease, type Failure } from './calls.ts';
import { notify, publish, reportResult } from './report.ts';
import {
  type Deleting,
  isHoldWritten,
  type Kept,
  note,
  noteTrouble,
  type RetentionState,
  type Stopped,
} from './state.ts';

/** Waits for a retry until the retention period is over; under a hold, without limit. */
export async function waitForRetry(state: RetentionState, position: Stopped): Promise<void> {
  // A hold on images that are gone would forbid even the deletion of their leftovers.
  if (state.hold === null && !(await writeHold(state, position))) return;
  const isOver = await timeIsOver(state, position.endsAt, 'last chance to retry');
  if (!isOver || state.position !== position) return;
  note(state, 'close', 'nobody retried in time');
  state.position = { state: 'ended' };
}

/** Keeps the archived images until the retention period is over and no hold stands. */
export async function keep(state: RetentionState, position: Kept): Promise<void> {
  if (!(await writeHold(state, position))) return;
  const { keepUntil } = position;
  const isOver = await timeIsOver(state, keepUntil, 'end of the retention period');
  if (isOver && state.position === position) state.position = { state: 'deleting', because: null, keepUntil };
}

/** Deletes the images, or goes back to keeping them if the archive has a hold that this workflow did not know. */
export async function remove(state: RetentionState, position: Deleting): Promise<void> {
  if (!(await writeHold(state, position))) return;
  const deleted = await tryDeletion(state, position.because);
  if ('failure' in deleted) {
    const { hold } = deleted.failure;
    // A hold of the storage itself has no release here, and may end by itself: the deletion is retried.
    if (!hold) return backOff(state, deleted.failure);
    return keepAsHeld(state, position, hold);
  }
  await end(state);
}

/** The archive has verified that none of the images are left. */
async function end(state: RetentionState): Promise<void> {
  const { evaluationId, count, attachments } = state.record;
  state.record = {
    evaluationId,
    result: 'deleted',
    count,
    ...(attachments === undefined ? {} : { attachments }),
  };
  state.position = { state: 'ended' };
  recovered(state);
  await reportResult(state);
}

/** The archive records a deletion that bypassed this workflow. It may have been interrupted, so it is finished and verified. */
function deleteWithoutHold(state: RetentionState, position: Kept | Deleting | Stopped): void {
  state.hold = null;
  state.holdInArchive = 'no';
  note(state, 'images', 'not held: the archive has a record of their deletion');
  recovered(state);
  if (position.state !== 'kept' || state.position !== position) return;
  state.position = { state: 'deleting', because: null, keepUntil: position.keepUntil };
}

/** The manifest is gone and no deletion is recorded: the hold protects nothing until the images are restored. */
async function stopWithout(state: RetentionState, { keepUntil }: Kept): Promise<void> {
  const { evaluationId } = state.record;
  state.record = { evaluationId, result: 'failed', count: 0, attachments: 0, reason: 'storage_unsafe' };
  state.position = { state: 'stopped', endsAt: keepUntil };
  note(state, 'images', 'on hold, but the images are missing from the archive and no deletion is recorded');
  recovered(state);
  await reportResult(state);
}

/** A hold that was lost with a terminated workflow is still in the archive. */
function keepAsHeld(state: RetentionState, position: Deleting, hold: ImagesHold): void {
  state.hold = hold;
  state.holdInArchive = 'yes';
  const { keepFor } = state.retention;
  state.position = { state: 'kept', keepUntil: position.keepUntil ?? state.startedAt + keepFor };
  recovered(state);
  note(state, 'images', `not deleted: held since ${hold.since}`, hold.by);
  notify(state);
}

/** True if the archive has a hold exactly when this workflow has one. If not, makes one attempt to write or remove it. */
async function writeHold(state: RetentionState, position: Kept | Deleting | Stopped): Promise<boolean> {
  const { hold, released } = state;
  if (isHoldWritten(state)) return true;
  // A failed attempt may or may not have changed the archive.
  state.holdInArchive = 'perhaps';
  if (hold === null) {
    const written = await tryRelease(state, released ?? { by: 'retention', reason: 'released' });
    if ('failure' in written) {
      await backOff(state, written.failure);
      return false;
    }
    state.holdInArchive = 'no';
  } else {
    const written = await tryHold(state, hold);
    if ('failure' in written) {
      if (written.failure.reason === 'deleted') deleteWithoutHold(state, position);
      else await backOff(state, written.failure);
      return false;
    }
    state.holdInArchive = 'yes';
    // An earlier hold stays, unless this one was released while it was written.
    if (state.hold === hold) state.hold = holdIn(written.answer);
    if (!written.answer.archived && position.state === 'kept' && state.position === position) {
      await stopWithout(state, position);
      return false;
    }
  }
  // A late answer of the archive was shown by the update alone, and never sent to HR.
  const wasSent = state.trouble !== null && state.trouble.reason !== 'not_in_archive_yet';
  recovered(state);
  if (wasSent) notify(state);
  return false;
}

function holdIn({ by, reason, since }: ImagesHeld): ImagesHold {
  return { by, reason, since };
}

function recovered(state: RetentionState): void {
  state.failures = 0;
  state.trouble = null;
}

const firstPause = 10_000;
const longestPause = 12 * 3600_000;

/** Shows the trouble and waits before the next attempt, or until a message arrives. */
async function backOff(state: RetentionState, { reason }: Failure): Promise<void> {
  const isNew = noteTrouble(state, reason === undefined || reason === 'deleted' ? 'interrupted' : reason);
  publish(state);
  // The trouble may last for ever, and only a person can end it.
  if (isNew) notify(state);
  const pause = Math.min(longestPause, firstPause * 2 ** state.failures);
  state.failures += 1;
  await received(state, pause, 'back-off before the archive is tried again');
}

/** True when the time has come and no hold stands; false when a message arrived first. */
async function timeIsOver(state: RetentionState, at: number, summary: string): Promise<boolean> {
  const isHeld = state.hold !== null;
  const came = await received(state, isHeld ? undefined : Math.max(1, at - now()), summary);
  // A message in the same task as the timer counts.
  return !came && state.hold === null;
}

/** True when a message arrived; false when the time ran out first. */
async function received(
  state: RetentionState,
  milliseconds: number | undefined,
  summary: string,
): Promise<boolean> {
  const before = state.received;
  const came = () => state.received !== before;
  if (milliseconds !== undefined) return condition(came, milliseconds, { summary });
  await condition(came);
  return true;
}
