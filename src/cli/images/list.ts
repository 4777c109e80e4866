import Table from 'cli-table3';
import { type Surveyed, surveyArchive } from '../../archive/index.ts';
import { time } from '../output.ts';
import { withStorage } from './storage.ts';

/** Prints what the archive holds of each evaluation. */
export async function listImages(applicationId: string | undefined, json: boolean): Promise<void> {
  const found: Surveyed[] = [];
  await withStorage(async (storage) => {
    for await (const each of surveyArchive(storage, applicationId)) if ('objects' in each) found.push(each);
  });
  const shown = found.filter(({ manifest, deleted, hold }) => manifest ?? deleted ?? hold).map(summaryOf);
  const lines = json ? shown.map((summary) => JSON.stringify(summary)) : [table(shown)];
  if (lines.length > 0) process.stdout.write(`${lines.join('\n')}\n`);
}

type Summary = ReturnType<typeof summaryOf>;

function summaryOf({ applicationId, evaluationId, manifest, hold, deleted, bytes }: Surveyed) {
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
    hold: hold ?? null,
    deleted: deleted ? { at: deleted.at, by: deleted.by, reason: deleted.reason } : null,
  };
}

function table(shown: Summary[]): string {
  if (shown.length === 0) return 'nothing is archived';
  const rows = new Table({
    head: ['evaluation', 'images', 'attachments', 'archived', 'kept until'],
    style: { head: [], border: [], compact: true },
  });
  for (const { evaluationId, images, attachments, archivedAt, keepUntil, hold, deleted } of shown) {
    const until = deleted
      ? `deleted ${time(deleted.at)} by ${deleted.by}`
      : hold
        ? `held since ${time(hold.since)} by ${hold.by}`
        : keepUntil
          ? time(keepUntil)
          : 'not known';
    rows.push([evaluationId, images, attachments, archivedAt ? time(archivedAt) : '', until]);
  }
  return rows.toString();
}
