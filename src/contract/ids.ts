import { z } from 'zod';
import { stages, type Stage } from './words.ts';

/** The HR system's own id of one candidate for one job: opaque, no PII. */
export const applicationId = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be 1 to 64 of A-Z a-z 0-9 _ -')
  .describe("The HR system's own id of one candidate for one job; no personal data.");

/**
 * An id that RiskOS makes: any text that is a single path segment. RiskOS promises no alphabet, and refusing an id would
 * lead to a second POST.
 */
export const riskosId = z
  .string()
  .regex(
    /^(?!\.{1,2}$)[^\p{C}\p{Z}/\\?#%]{1,200}$/u,
    'must be 1 to 200 characters without white space, / \\ ? # %',
  );

export function workflowIdOf(application: string): string {
  return `funnel-${application}`;
}

/** What an evaluationId says: `{applicationId}~{last 8 of the first run's id}~{stage}~{attempt}`. */
export interface EvaluationKey {
  applicationId: string;
  /** The last eight characters of the id of the funnel's first run; the first ones are a clock. */
  run: string;
  stage: Stage;
  attempt: number;
}

export function formatEvaluationId(key: EvaluationKey): string {
  return [key.applicationId, key.run, key.stage, key.attempt].join('~');
}

const evaluationIdPattern = new RegExp(
  `^(?<applicationId>[A-Za-z0-9_-]{1,64})~(?<run>[0-9a-f]{8})~(?<stage>${stages.join('|')})~(?<attempt>[1-9][0-9]{0,5})$`,
);

/** The inverse of {@link formatEvaluationId}; `undefined` for an id that is not one of ours. */
export function parseEvaluationId(id: string): EvaluationKey | undefined {
  const groups = evaluationIdPattern.exec(id)?.groups;
  if (!groups) return undefined;
  const stage = stages.find((known) => known === groups['stage']);
  if (!groups['applicationId'] || !groups['run'] || !stage) return undefined;
  return {
    applicationId: groups['applicationId'],
    run: groups['run'],
    stage,
    attempt: Number(groups['attempt']),
  };
}

/**
 * The application that a workflow of ours belongs to: the funnel, the retention of images, or the delivery of notices;
 * `undefined` for any other workflow id.
 */
export function applicationIdOf(workflowId: string): string | undefined {
  const groups =
    /^funnel-(?<id>[A-Za-z0-9_-]{1,64})$/.exec(workflowId)?.groups ??
    /^(?:notices-)?images-(?<id>[A-Za-z0-9_-]{1,64})~/.exec(workflowId)?.groups ??
    /^notices-(?<id>[A-Za-z0-9_-]{1,64})-[0-9a-f]{8}-[0-9a-f]{8}$/.exec(workflowId)?.groups;
  return groups?.['id'];
}
