import { surveyArchive } from '../../archive/index.ts';
import { type EvaluationImages, type FunnelClient, FunnelError } from '../../client/index.ts';
import {
  type ImagesStatus,
  type ImagesUpdateName,
  inWords,
  parseEvaluationId,
} from '../../contract/index.ts';
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
  try {
    for (const images of await targetsOf(funnels, name, id)) {
      const status = await send(images, name, options);
      print(status, () => statusText(status), options.json);
    }
  } catch (error) {
    if (name !== 'erase' || !(await isErased(id, error))) throw error;
    print({ id, result: 'deleted' }, () => `${id}  nothing of it is in the archive`, options.json);
  }
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
    throw new FunnelError('NotFound', `${id}: no retention workflow of this application runs`);
  }
  const meant = running.filter((status) => isFor(name, status));
  // Where it is for none of them, each says why.
  return (meant.length > 0 ? meant : running).map(({ evaluationId }) => funnels.images(evaluationId));
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

/** Without a workflow, erased is what the archive does not have; what it has is left to `images sweep`. */
async function isErased(id: string, error: unknown): Promise<boolean> {
  if (!(error instanceof FunnelError) || (error.type !== 'NotFound' && error.type !== 'WrongState'))
    return false;
  const applicationId = id.split('~')[0] ?? id;
  return withStorage(async (storage) => {
    for await (const each of surveyArchive(storage, applicationId)) {
      if (!('objects' in each) || (id.includes('~') && each.evaluationId !== id)) continue;
      if (each.manifest || each.unaccounted.length > 0) {
        const message = `${id}: no workflow looks after these images any more; look at them with "images sweep"`;
        throw new FunnelError('WrongState', message, { cause: error });
      }
    }
    return true;
  });
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
