import { temporalClient } from '../../client/index.ts';
import { type EvaluationRef, surveyArchive } from '../../archive/index.ts';
import { imagesUpdates } from '../../contract/index.ts';
import { createLogger } from '../../logging.ts';
import { report } from '../ids.ts';
import { print } from '../output.ts';
import { checkedBecause } from './because.ts';
import { findingsOf, removeFinding, type Finding } from './findings.ts';
import { withStorage } from './storage.ts';
import { retentionRuns } from './retention.ts';

export interface SweepOptions {
  delete?: boolean;
  by: string;
  reason: string;
  json?: boolean;
}

const held = 'a hold forbids its deletion';

/** Lists, and with `--delete` removes, what no manifest and no workflow accounts for. */
export async function sweepImages(options: SweepOptions): Promise<void> {
  const { by, reason } = checkedBecause(imagesUpdates.erase, { by: options.by, reason: options.reason });
  const temporal = temporalClient();
  const logger = createLogger('images');
  const counts = { found: 0, deleted: 0 };
  try {
    await withStorage(async (storage) => {
      const unreadable = (ref: EvaluationRef, error: Error) => report(error, ref.evaluationId);
      for await (const each of surveyArchive(storage, undefined, unreadable)) {
        const runs = 'objects' in each && (await retentionRuns(temporal, each.evaluationId));
        for (const finding of findingsOf(each, runs, new Date())) {
          counts.found += 1;
          const wanted = options.delete === true && finding.deletable;
          const deleted = wanted && (await removeFinding(storage, finding, { by, reason }, () => new Date()));
          if (deleted) {
            counts.deleted += 1;
            logger.info({ ...finding.ref, kind: finding.kind, keys: finding.keys.length, by }, 'swept');
          }
          // One archive that is held must not keep the others from being swept.
          const seen =
            wanted && !deleted ? { ...finding, deletable: false, why: `${finding.why}; ${held}` } : finding;
          print({ ...shown(seen), deleted }, () => line(seen, deleted), options.json);
        }
      }
    });
  } finally {
    await temporal.connection.close();
  }
  if (!options.json) {
    const rest = options.delete ? `${counts.deleted} deleted` : 'nothing deleted; --delete deletes';
    process.stdout.write(`${counts.found} found, ${rest}\n`);
  }
}

function shown({ kind, ref, keys, deletable, why }: Finding) {
  return { kind, ...ref, keys: keys.length, deletable, why };
}

function line({ kind, ref, keys, why }: Finding, deleted: boolean): string {
  const where = ref?.evaluationId ?? keys[0]?.key ?? '';
  return `${kind.padEnd(12)} ${where}  ${why}${deleted ? '; deleted' : ''}`;
}
