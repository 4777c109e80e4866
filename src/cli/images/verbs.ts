import { deleteImages, surveyArchive, type Surveyed } from '../../archive/index.ts';
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
  const sentTo = new Set<string>();
  try {
    for (const images of await targetsOf(funnels, name, id)) {
      const status = await send(images, name, options);
      sentTo.add(status.evaluationId);
      print(status, () => statusText(status), options.json);
    }
  } catch (error) {
    if (name !== 'erase' || !hasNoWorkflow(error)) throw error;
  }
  if (name === 'erase') await eraseOthers(funnels, id, { ...options, sentTo });
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
  if (running.length === 0) {
    const lost = name === 'retry' ? await neverStarted(funnels, id) : [];
    // Each says what to do.
    if (lost.length > 0) return lost.map((evaluationId) => funnels.images(evaluationId));
    throw new FunnelError('NotFound', `${id}: no retention workflow of this application runs`);
  }
  const meant = running.filter((status) => isFor(name, status));
  // Where it is for none of them, each says why.
  return (meant.length > 0 ? meant : running).map(({ evaluationId }) => funnels.images(evaluationId));
}

/** The evaluations whose retention workflow the funnel could not start. */
async function neverStarted(funnels: FunnelClient, id: string): Promise<string[]> {
  const { images } = await funnels.funnel(id).status();
  return images.filter(({ reason }) => reason === 'not_started').map(({ evaluationId }) => evaluationId);
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

function send(
  images: EvaluationImages,
  name: ImagesUpdateName,
  { by, reason = '' }: SendOptions,
): Promise<ImagesStatus> {
  return name === 'retry' ? images.retry({ by }) : images[name]({ by, reason });
}

function hasNoWorkflow(error: unknown): boolean {
  return error instanceof FunnelError && (error.type === 'NotFound' || error.type === 'WrongState');
}

/** What the archive has of it besides: images whose workflow somebody ended are nobody's to delete otherwise. */
async function eraseOthers(
  funnels: FunnelClient,
  id: string,
  { sentTo, ...options }: SendOptions & { sentTo: Set<string> },
): Promise<void> {
  if (sentTo.size > 0 && !isArchiveNamed()) {
    const line = `${id}: the archive itself was not looked at, since ARCHIVE_URL is not set here`;
    process.stderr.write(`candidate-funnel: ${line}\n`);
    return;
  }
  await withStorage(async (storage) => {
    let erased = sentTo.size;
    for (const each of await leftOf(storage, id)) {
      if (sentTo.has(each.evaluationId)) continue;
      const status = await eraseOne(funnels, storage, each, options);
      print(status, () => `${each.evaluationId}  deleted, verified`, options.json);
      erased += 1;
    }
    if (erased > 0) return;
    print({ id, result: 'deleted' }, () => `${id}  nothing of it is in the archive`, options.json);
  });
}

function isArchiveNamed(): boolean {
  return isSet('ARCHIVE_URL');
}

/** The evaluations of an application, or the one, of which the archive has more than the record of a deletion. */
async function leftOf(storage: Storage, id: string): Promise<Surveyed[]> {
  const left: Surveyed[] = [];
  for await (const each of surveyArchive(storage, id.split('~')[0] ?? id)) {
    if (!('objects' in each) || (id.includes('~') && each.evaluationId !== id)) continue;
    if (each.manifest || each.hold || each.unaccounted.length > 0) left.push(each);
  }
  return left;
}

/** By its workflow if there is one, which a list may not show yet; otherwise here, never under a hold. */
async function eraseOne(
  funnels: FunnelClient,
  storage: Storage,
  { applicationId, evaluationId }: Surveyed,
  { by, reason = '' }: SendOptions,
): Promise<object> {
  try {
    return await funnels.images(evaluationId).erase({ by, reason });
  } catch (error) {
    if (!hasNoWorkflow(error)) throw error;
  }
  const now = () => new Date();
  const { removed } = await deleteImages({ storage, now }, { applicationId, evaluationId }, { by, reason });
  return { applicationId, evaluationId, result: 'deleted', removed };
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
