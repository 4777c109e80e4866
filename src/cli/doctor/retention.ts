import { policySettings, readSettings } from '../../config.ts';
import { keptFor, milliseconds, policy } from '../../contract/index.ts';
import { readJsonSync } from '../json-file.ts';
import { type Finding, ok, warning } from './finding.ts';

/** What somebody may still ask of a funnel that has closed, by the company's policy: milliseconds, and why. */
export interface Wanted {
  what: string;
  length: number;
}

/** `kept`: milliseconds for which the namespace keeps closed workflows. */
export function retentionFinding(kept: number, wanted: Wanted[]): Finding {
  const says = `is there, and keeps closed funnels for ${inDays(kept)}`;
  const [longest] = wanted.toSorted((one, other) => other.length - one.length);
  if (!longest || longest.length <= kept) return ok('namespace', says);
  return warning(
    'namespace',
    `${says}, but ${longest.what}: until then somebody may ask what a closed funnel decided, or start it twice`,
    `raise the retention to ${Math.ceil(longest.length / day)} days ("temporal operator namespace update --retention"), or shorten the policy`,
  );
}

const day = 86_400_000;

function inDays(length: number): string {
  const days = Math.round(length / day);
  return `${days} ${days === 1 ? 'day' : 'days'}`;
}

/** Of the policy in FUNNEL_POLICY_FILE, or of the defaults. Throws for a policy that cannot be used. */
export function wantedByPolicy(): Wanted[] {
  const { FUNNEL_POLICY_FILE: file } = readSettings(policySettings);
  const { images, documents, review } = policy.parse(file === undefined ? {} : readJsonSync(file));
  const keepFor = Math.max(
    ...(['accept', 'review', 'reject'] as const).map((verdict) => keptFor(images.keepFor, verdict)),
  );
  return [
    { what: `images are kept for ${inDays(keepFor)}`, length: keepFor },
    {
      what: `a candidate has ${documents.deadline} for an attempt`,
      length: milliseconds(documents.deadline),
    },
    { what: `a review has ${review.deadline}`, length: milliseconds(review.deadline) },
  ];
}
