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
import { idsOf, inTurn, report } from '../ids.ts';
import { print, time } from '../output.ts';
import { type ArchiveChange, changeInArchive, type Concerned, concerned } from './in-archive.ts';
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
  const ids = await idsOf(given, 'evaluationId');
  await withFunnels((funnels) => inTurn(ids, (id) => sendToOne(funnels, name, id, options)));
}

async function sendToOne(
  funnels: FunnelClient,
  name: ImagesUpdateName,
  id: string,
  options: SendOptions,
): Promise<void> {
  const asked: Asked = { answered: new Set(), left: new Map(), failures: [] };
  for (const images of await targetsOf(funnels, name, id)) {
    try {
      const answer = await askWorkflow(images, name, options);
      if (answer instanceof FunnelError) {
        asked.left.set(images.evaluationId, answer);
        continue;
      }
      print(answer, () => statusText(answer), options.json);
    } catch (error) {
      asked.failures.push(error);
    }
    asked.answered.add(images.evaluationId);
  }
  if (name === 'retry') asked.failures.push(...asked.left.values());
  else await changeTheRest(funnels, name, id, asked, options);
  if (asked.failures.length === 1) throw asked.failures[0];
  for (const failure of asked.failures) report(failure, id);
}

/** What the retention workflows of one id said. */
interface Asked {
  /** Evaluations whose workflow did it, or refused it. */
  answered: Set<string>;
  /** Evaluations that are left to the archive: the refusal of a workflow that no longer looks after them. */
  left: Map<string, FunnelError>;
  /** Of a workflow, or of the archive; one must not keep the others from being done. */
  failures: unknown[];
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
  if (running.length === 0 && name === 'retry') {
    const lost = await neverStarted(funnels, id);
    if (lost.length === 0) throw noWorkflow(id);
    // Each says what to do.
    return lost;
  }
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
  { answered, left, failures }: Asked,
  options: SendOptions,
): Promise<void> {
  if (answered.has(id)) return;
  if (!isSet('ARCHIVE_URL')) {
    const [refusal = noWorkflow(id)] = left.values();
    const unset = 'since ARCHIVE_URL is not set here';
    if (answered.size === 0) {
      failures.push(
        new FunnelError(refusal.type, `${refusal.message}; the archive was not looked at, ${unset}`),
      );
      return;
    }
    const line = `${id}: images that no workflow looks after were not ${done[name]}, ${unset}`;
    process.stderr.write(`candidate-funnel: ${line}\n`);
    return;
  }
  await withStorage(async (storage) => {
    const rest = (await concerned(storage, name, id)).filter(
      ({ evaluationId }) => !answered.has(evaluationId),
    );
    for (const each of rest) {
      try {
        const { shown, text } = await changeOne(funnels, storage, name, each, {
          ...options,
          refusal: left.get(each.evaluationId),
        });
        print(shown, () => text, options.json);
      } catch (error) {
        failures.push(error);
      }
    }
    if (rest.length > 0 || answered.size > 0) return;
    if (name === 'erase')
      print({ id, result: 'deleted' }, () => `${id}  nothing of it is in the archive`, options.json);
    else failures.push(nothingTo(name, id));
  }).catch((error: unknown) => failures.push(error));
}

const done: Record<ArchiveChange, string> = { hold: 'held', release: 'released', erase: 'erased' };

function nothingTo(name: 'hold' | 'release', id: string): FunnelError {
  return name === 'hold'
    ? new FunnelError(
        'NotFound',
        `${id}: there are no images to hold, neither with a workflow nor in the archive`,
      )
    : new FunnelError('NotHeld', `${id}: there is no hold, neither with a workflow nor in the archive`);
}

/** By its workflow if there is one, which a list may not show yet; otherwise in the archive. */
async function changeOne(
  funnels: FunnelClient,
  storage: Storage,
  name: ArchiveChange,
  each: Concerned,
  { refusal, ...options }: SendOptions & { refusal: FunnelError | undefined },
): Promise<{ shown: object; text: string }> {
  const images = funnels.images(each.evaluationId);
  const answer = refusal ?? (await askWorkflow(images, name, options));
  if (!(answer instanceof FunnelError)) return { shown: answer, text: statusText(answer) };
  const { by, reason = '' } = options;
  const changed = await changeInArchive(storage, name, each, { by, reason });
  if (answer.type !== 'NotHeld') return changed;
  // The workflow runs, and may have found the hold in the archive just before it was removed there.
  const again = await askWorkflow(images, name, options);
  const status = again instanceof FunnelError ? await images.status() : again;
  return { shown: status, text: statusText(status) };
}

function statusText({
  evaluationId,
  state,
  result,
  count,
  reason,
  keepUntil,
  hold,
  trouble,
  action,
}: ImagesStatus): string {
  const why = reason === undefined ? '' : `: ${inWords(reason)}`;
  return [
    `${evaluationId}  ${state}, ${result}${count > 0 ? ` (${count} images)` : ''}${why}`,
    ...(hold ? [`  held       since ${time(hold.since)} by ${hold.by}: ${hold.reason}`] : []),
    ...(keepUntil && !hold ? [`  kept until ${time(keepUntil)}`] : []),
    ...(trouble ? [`  trouble    since ${time(trouble.since)}: ${inWords(trouble.reason)}`] : []),
    ...(action === null ? [] : [`  next       ${action}`]),
  ].join('\n');
}
