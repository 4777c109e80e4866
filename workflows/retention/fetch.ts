import { CancellationScope, condition, isCancellation, sleep } from '@temporalio/workflow';
import type { ImagesFailure, ImagesFound } from '../../src/contract/index.ts';
import { now } from '../clock.ts';
import { type Failure, tryArchiving } from './calls.ts';
import { publish, reportResult } from './report.ts';
import { type Fetching, note, noteTrouble, type Position, type RetentionState } from './state.ts';

/** Fetches the images until there is a result, or until somebody erases them meanwhile. */
export async function fetchImages(state: RetentionState, position: Fetching): Promise<void> {
  const scope = new CancellationScope();
  let isOver = false;
  const fetching = scope
    .run(() => fetched(state))
    .then(
      (found) => {
        isOver = true;
        return found;
      },
      (error: unknown) => {
        isOver = true;
        if (isCancellation(error)) return undefined;
        throw error;
      },
    );
  await condition(() => isOver || state.position !== position);
  if (!isOver) scope.cancel();
  const found = await fetching;
  if (found) await settle(state, position, found);
}

/** Images can lag the decision, so only the third answer "none" counts [doc]. */
const askings = 3;

async function fetched(state: RetentionState): Promise<ImagesFound> {
  const { ask, giveUpAfter } = state.retention;
  const end = now() + giveUpAfter;
  for (let asking = 1; ; asking += 1) {
    const found = await asked(state, end);
    if (!isNone(found) || asking === askings) return found;
    await sleep(ask.lag, { summary: 'no images yet; wait before the next fetch' });
  }
}

function isNone({ result }: ImagesFound): boolean {
  return result === 'none' || result === 'military' || result === 'minor';
}

/** How long to wait, in milliseconds, after the first few attempts have failed. */
const firstPause = 10_000;

/** Fetches until `end`: once the first few attempts have failed, the trouble is shown and the attempts go on. */
async function asked(state: RetentionState, end: number): Promise<ImagesFound> {
  const left = () => Math.max(1, end - now());
  const { ask } = state.retention;
  const first = await tryArchiving(state, ask, { milliseconds: left(), tries: 'few' });
  if ('answer' in first) return recovered(state, first.answer);
  if (!first.failure.retried || first.failure.givenUp) return failedBy(state, first.failure);
  noteTrouble(state, wordOf(first.failure.reason));
  publish(state);
  const pause = Math.min(first.failure.delay ?? firstPause, left());
  await sleep(pause, { summary: 'back-off before the images are fetched again' });
  const then = await tryArchiving(state, ask, { milliseconds: left(), tries: 'many' });
  if ('answer' in then) return recovered(state, then.answer);
  return failedBy(state, { ...first.failure, ...then.failure });
}

function recovered(state: RetentionState, found: ImagesFound): ImagesFound {
  state.trouble = null;
  return found;
}

function failedBy({ notices }: RetentionState, { reason }: Failure): ImagesFound {
  return {
    result: 'failed',
    count: 0,
    attachments: 0,
    reason: wordOf(reason),
    noticesConfigured: notices.wanted !== false,
  };
}

/** `held` and `deleted` are answers of other calls, never of archiving. */
function wordOf(reason: Failure['reason']): ImagesFailure {
  return reason === undefined || reason === 'held' || reason === 'deleted' ? 'interrupted' : reason;
}

async function settle(state: RetentionState, position: Fetching, found: ImagesFound): Promise<void> {
  const { evaluationId } = state.retention.ask;
  const { result, count, attachments } = found;
  const reason = 'reason' in found ? found.reason : undefined;
  state.record = {
    evaluationId,
    result,
    count,
    attachments,
    ...(reason === undefined ? {} : { reason }),
  };
  state.trouble = null;
  const next = positionAfter(state, found);
  if (state.position === position) {
    state.position = next;
    return reportResult(state);
  }
  // An `erase` arrived during the fetch: the images just stored are deleted next.
  note(state, 'images', `images: ${result}, and to be erased`);
  if (state.position.state === 'deleting' && next.state === 'kept') state.position.keepUntil = next.keepUntil;
}

function positionAfter(state: RetentionState, found: ImagesFound): Position {
  const { keepFor } = state.retention;
  switch (found.result) {
    case 'archived':
      return { state: 'kept', keepUntil: Date.parse(found.archivedAt) + keepFor };
    case 'refused':
    case 'failed':
      return { state: 'stopped', endsAt: state.startedAt + keepFor };
    case 'none':
    case 'military':
    case 'minor':
    case 'deleted':
      return { state: 'ended' };
  }
}
