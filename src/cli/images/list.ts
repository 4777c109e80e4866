import Table from 'cli-table3';
import { type Surveyed, surveyArchive } from '../../archive/index.ts';
import { FunnelError, type RetentionStatus } from '../../client/index.ts';
import { inWords } from '../../contract/index.ts';
import { exitCodeOf, oneLine } from '../errors.ts';
import { withFunnels } from '../funnels.ts';
import { report } from '../ids.ts';
import { time } from '../output.ts';
import { withStorage } from './storage.ts';

/** Prints what the archive holds of each evaluation, and what its retention workflow says. */
export async function listImages(applicationId: string | undefined, json: boolean): Promise<void> {
  const found: Surveyed[] = [];
  let unreadable = 0;
  await withStorage(async (storage) => {
    const evaluations = surveyArchive(storage, applicationId, ({ evaluationId }, error) => {
      unreadable += 1;
      report(error, evaluationId);
    });
    for await (const each of evaluations) if ('objects' in each) found.push(each);
  });
  const shown = joined(
    found.filter(({ manifest, deleted, hold }) => manifest ?? deleted ?? hold),
    await workflowsOf(applicationId),
  );
  if (shown.length === 0 && unreadable > 0) return;
  const lines = json ? shown.map((summary) => JSON.stringify(summary)) : [table(shown)];
  if (lines.length > 0) process.stdout.write(`${lines.join('\n')}\n`);
}

/** The archive can be listed without Temporal, which is said then. */
async function workflowsOf(applicationId: string | undefined): Promise<RetentionStatus[]> {
  try {
    return await withFunnels((funnels) => funnels.listImages(applicationId));
  } catch (error) {
    if (!(error instanceof FunnelError)) throw error;
    process.stderr.write(`candidate-funnel: the archive alone is listed: ${oneLine(error)}\n`);
    process.exitCode = Math.max(Number(process.exitCode ?? 0), exitCodeOf(error));
    return [];
  }
}

type Summary = ReturnType<typeof summaryOf>;

function joined(archived: Surveyed[], workflows: RetentionStatus[]): Summary[] {
  const statuses = new Map(workflows.map((status) => [status.evaluationId, status]));
  const rows = archived.map((each) => summaryOf(each, statuses.get(each.evaluationId)));
  const known = new Set(archived.map(({ evaluationId }) => evaluationId));
  // What has ended without an archive has nothing to show.
  const others = workflows.filter(({ evaluationId, state }) => !known.has(evaluationId) && state !== 'ended');
  return [...rows, ...others.map(summaryOfWorkflow)].toSorted((one, other) =>
    one.evaluationId.localeCompare(other.evaluationId),
  );
}

function summaryOf(
  { applicationId, evaluationId, ...archived }: Surveyed,
  status: RetentionStatus | undefined,
) {
  const { manifest, hold, deleted, bytes } = archived;
  const files = manifest?.files ?? [];
  const attachments = files.filter(({ role }) => role === 'attachment').length;
  return {
    applicationId,
    evaluationId,
    result: deleted ? 'deleted' : 'archived',
    images: files.length - attachments,
    attachments,
    bytes,
    archivedAt: manifest?.archivedAt ?? deleted?.archivedAt ?? null,
    keepUntil: manifest?.keepUntil ?? null,
    hold: hold ?? status?.hold ?? null,
    deleted: deleted ? { at: deleted.at, by: deleted.by, reason: deleted.reason } : null,
    ...workflowPart(status),
  };
}

function summaryOfWorkflow(status: RetentionStatus): Summary {
  const { applicationId, evaluationId, result, count, attachments = 0, keepUntil, hold } = status;
  return {
    applicationId,
    evaluationId,
    result,
    images: count,
    attachments,
    bytes: 0,
    archivedAt: null,
    keepUntil,
    hold,
    deleted: null,
    ...workflowPart(status),
  };
}

/** `state` is `null` without a retention workflow that Temporal still keeps, and Temporal's word where somebody ended it there. */
function workflowPart(status: RetentionStatus | undefined) {
  return {
    state: status?.ended?.how ?? status?.state ?? null,
    reason: status?.reason ?? null,
    trouble: status?.trouble ?? null,
    action: status?.action ?? null,
  };
}

function table(shown: Summary[]): string {
  if (shown.length === 0) return 'nothing is archived';
  const rows = new Table({
    head: ['evaluation', 'state', 'images', 'attachments', 'archived', 'kept until'],
    style: { head: [], border: [], compact: true },
  });
  for (const summary of shown) {
    const { evaluationId, state, images, attachments, archivedAt } = summary;
    rows.push([
      evaluationId,
      state ?? 'no workflow',
      images,
      attachments,
      archivedAt ? time(archivedAt) : '',
      untilText(summary),
    ]);
  }
  return rows.toString();
}

function untilText({ result, keepUntil, hold, deleted, reason, trouble }: Summary): string {
  if (deleted) return `deleted ${time(deleted.at)} by ${deleted.by}`;
  const until = keepUntil ? time(keepUntil) : 'not known';
  return [
    hold
      ? `held since ${time(hold.since)} by ${hold.by}`
      : result === 'archived'
        ? until
        : `${result}${reason === null ? '' : `: ${inWords(reason)}`}`,
    ...(trouble ? [`trouble: ${inWords(trouble.reason)}`] : []),
  ].join('; ');
}
