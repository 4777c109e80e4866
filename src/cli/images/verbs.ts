import type { Surveyed } from '../../archive/index.ts';
import { type EvaluationImages, type FunnelClient, FunnelError } from '../../client/index.ts';
import { isSet } from '../../client/settings.ts';
import {
  type ImagesStatus,
  type ImagesUpdateName,
  inWords,
  parseEvaluationId,
} from '../../contract/index.ts';
import type { Storage } from '../../storage/index.ts';
import { InputError } from '../errors.ts';
import { parseId, withFunnels } from '../funnels.ts';
import { idsOf, inTurn } from '../ids.ts';
import { print, time } from '../output.ts';
import { type ArchiveChange, changeInArchive, concerned } from './in-archive.ts';
import { withStorage } from './storage.ts';

export interface SendOptions {
  by: string;
  /** Of all but `retry`. */
  reason?: string;
  json?: boolean;
}

/** Sends one update to the images of each application or evaluation, and prints the new status of each. */
export async function sendToImages(
  name: ImagesUpdateName,
  given: string[],
  options: SendOptions,
): Promise<void> {
  const ids = await idsOf(given);
  await withFunnels((funnels) => inTurn(ids, (id) => sendToOne(funnels, name, id, options)));
}

async function sendToOne(
  funnels: FunnelClient,
  name: ImagesUpdateName,
  id: string,
  options: SendOptions,
): Promise<void> {
  const done = new Set<string>();
  let refusal: FunnelError | undefined;
  for (const images of await targetsOf(funnels, name, id)) {
    const answer = await askWorkflow(images, name, options);
    if (answer instanceof FunnelError) {
      refusal ??= answer;
      continue;
    }
    done.add(answer.evaluationId);
    print(answer, () => statusText(answer), options.json);
  }
  if (done.size === 0) refusal ??= noWorkflow(id);
  if (name === 'retry') {
    if (refusal) throw refusal;
    return;
  }
  await changeTheRest(funnels, name, id, { ...options, done, refusal });
}

/** The images of one evaluation, or those of an application that the update is for. */
async function targetsOf(
  funnels: FunnelClient,
  name: ImagesUpdateName,
  id: string,
): Promise<EvaluationImages[]> {
  if (id.includes('~')) {
    if (!parseEvaluationId(id)) throw new InputError('the evaluation id does not have the form of one');
    return [funnels.images(id)];
  }
  const listed = await funnels.listImages(parseId(id));
  const running = listed.filter(({ state, ended }) => state !== 'ended' && !ended);
  // Each says what to do.
  if (running.length === 0 && name === 'retry') return neverStarted(funnels, id);
  const meant = running.filter((status) => isFor(name, status));
  // Where it is for none of them, each says why.
  return (meant.length > 0 ? meant : running).map(({ evaluationId }) => funnels.images(evaluationId));
}

function noWorkflow(id: string): FunnelError {
  return new FunnelError('NotFound', `${id}: no retention workflow of this application runs`);
}

/** The evaluations whose retention workflow the funnel could not start. */
async function neverStarted(funnels: FunnelClient, id: string): Promise<EvaluationImages[]> {
  const { images } = await funnels.funnel(id).status();
  const lost = images.filter(({ reason }) => reason === 'not_started');
  return lost.map(({ evaluationId }) => funnels.images(evaluationId));
}

function isFor(name: ImagesUpdateName, { state, hold }: ImagesStatus): boolean {
  switch (name) {
    case 'retry':
      return state === 'stopped' || state === 'deleting';
    case 'release':
      return hold !== null;
    case 'hold':
      return state !== 'deleting';
    case 'erase':
      return true;
  }
}

/** The new status; or the refusal of a workflow that does not, or no longer, look after these images. */
async function askWorkflow(
  images: EvaluationImages,
  name: ImagesUpdateName,
  options: SendOptions,
): Promise<ImagesStatus | FunnelError> {
  try {
    return await send(images, name, options);
  } catch (error) {
    if (!(error instanceof FunnelError)) throw error;
    // The archive may have a hold that the workflow does not know.
    if (error.type === 'NotFound' || error.type === 'NotHeld') return error;
    if (error.type === 'WrongState' && (await hasEnded(images))) return error;
    throw error;
  }
}

async function hasEnded(images: EvaluationImages): Promise<boolean> {
  const { state, ended } = await images.status();
  return state === 'ended' || ended !== undefined;
}

function send(
  images: EvaluationImages,
  name: ImagesUpdateName,
  { by, reason = '' }: SendOptions,
): Promise<ImagesStatus> {
  return name === 'retry' ? images.retry({ by }) : images[name]({ by, reason });
}

/** Images whose workflow somebody ended are nobody's otherwise. */
async function changeTheRest(
  funnels: FunnelClient,
  name: ArchiveChange,
  id: string,
  { done, refusal, ...options }: SendOptions & { done: Set<string>; refusal: FunnelError | undefined },
): Promise<void> {
  if (done.has(id)) return;
  if (!isSet('ARCHIVE_URL')) {
    const unseen = 'the archive itself was not looked at, since ARCHIVE_URL is not set here';
    if (refusal) throw new FunnelError(refusal.type, `${refusal.message}; ${unseen}`);
    process.stderr.write(`candidate-funnel: ${id}: ${unseen}\n`);
    return;
  }
  await withStorage(async (storage) => {
    const rest = (await concerned(storage, name, id)).filter(({ evaluationId }) => !done.has(evaluationId));
    for (const each of rest) {
      const { shown, text } = await changeOne(funnels, storage, name, each, options);
      print(shown, () => text, options.json);
    }
    if (rest.length > 0) return;
    if (name !== 'erase' && refusal) throw refusal;
    if (done.size === 0)
      print({ id, result: 'deleted' }, () => `${id}  nothing of it is in the archive`, options.json);
  });
}

/** By its workflow if there is one, which a list may not show yet; otherwise in the archive. */
async function changeOne(
  funnels: FunnelClient,
  storage: Storage,
  name: ArchiveChange,
  each: Surveyed,
  options: SendOptions,
): Promise<{ shown: object; text: string }> {
  const answer = await askWorkflow(funnels.images(each.evaluationId), name, options);
  if (!(answer instanceof FunnelError)) return { shown: answer, text: statusText(answer) };
  const { by, reason = '' } = options;
  return changeInArchive(storage, name, each, { by, reason });
}

function statusText({
  evaluationId,
  state,
  result,
  count,
  reason,
  keepUntil,
  hold,
  action,
}: ImagesStatus): string {
  const why = reason === undefined ? '' : `: ${inWords(reason)}`;
  return [
    `${evaluationId}  ${state}, ${result}${count > 0 ? ` (${count} images)` : ''}${why}`,
    ...(hold ? [`  held       since ${time(hold.since)} by ${hold.by}: ${hold.reason}`] : []),
    ...(keepUntil && !hold ? [`  kept until ${time(keepUntil)}`] : []),
    ...(action === null ? [] : [`  next       ${action}`]),
  ].join('\n');
}
