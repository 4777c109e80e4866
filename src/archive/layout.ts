import { applicationId as applicationIdSchema, parseEvaluationId } from '../contract/index.ts';
import { ArchiveError } from './errors.ts';

/** Whose images, of which evaluation. */
export interface EvaluationRef {
  applicationId: string;
  evaluationId: string;
}

/**
 * The keys of one evaluation: `{applicationId}/{evaluationId}/` with `manifest.json`, `hold.json`, `release-….json`, `fetch-….json`,
 * `deleted.json`, and a folder for each run that wrote images, of which the manifest names one.
 */
export interface Layout {
  /** Ends in `/`. */
  prefix: string;
  manifest: string;
  hold: string;
  deleted: string;
  /** The record of one release; each begins with `releases`. */
  release(id: string): string;
  releases: string;
  /** The record of one reading; each begins with `fetches`. */
  fetch(id: string): string;
  fetches: string;
  file(run: string, name: string): string;
}

/** Throws {@link ArchiveError} `InvalidId`. */
export function layoutOf({ applicationId, evaluationId }: EvaluationRef): Layout {
  const application = applicationIdSchema.safeParse(applicationId);
  if (!application.success) {
    throw new ArchiveError('InvalidId', 'applicationId must be 1 to 64 of A-Z a-z 0-9 _ -');
  }
  if (parseEvaluationId(evaluationId)?.applicationId !== application.data) {
    throw new ArchiveError(
      'InvalidId',
      'evaluationId must be one that this applicationId was given by its funnel',
    );
  }
  const prefix = `${application.data}/${evaluationId}/`;
  return {
    prefix,
    manifest: `${prefix}manifest.json`,
    hold: `${prefix}hold.json`,
    deleted: `${prefix}deleted.json`,
    release: (id) => `${prefix}release-${id}.json`,
    releases: `${prefix}release-`,
    fetch: (id) => `${prefix}fetch-${id}.json`,
    fetches: `${prefix}fetch-`,
    file: (run, name) => `${prefix}${run}/${name}.age`,
  };
}

/** What a key of the archive belongs to; undefined for a key of another form. */
export function ownerOf(key: string): (EvaluationRef & { rest: string }) | undefined {
  const [applicationId = '', evaluationId = '', ...rest] = key.split('/');
  const known = parseEvaluationId(evaluationId)?.applicationId === applicationId;
  return known && rest.length > 0 ? { applicationId, evaluationId, rest: rest.join('/') } : undefined;
}
