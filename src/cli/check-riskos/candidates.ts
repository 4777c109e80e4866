import { type Evaluation, inWords, verdictOf } from '../../contract/index.ts';
import type { RiskosProblem } from '../../riskos/index.ts';
import { type Identity, paused, type Verdicts } from './identities.ts';
import { errorInWords, failed, type Judged, ok, remedyOf, skipped, someOf } from './results.ts';
import type { Outcome } from './session.ts';

/** A candidate of the file, and the outcome of its POST; no outcome: it was not sent. */
export interface Tried {
  identity: Identity;
  evaluationId: string;
  outcome?: Outcome<Evaluation>;
}

/** These would come of every other request as well, or make evaluations where none should be. */
const hopeless: readonly RiskosProblem[] = [
  'AuthenticationFailed',
  'PermissionDenied',
  'WorkflowNotFound',
  'WorkflowNotPublished',
  'RateLimited',
  'Unreachable',
  'InsecureConnection',
  'Redirected',
  'WrongEnvironment',
];

export function endsAll({ outcome }: Tried): boolean {
  return outcome?.error !== undefined && hopeless.includes(outcome.error.type);
}

/** Whether RiskOS says of a candidate what the file expects. */
export function judgeCandidate({ identity, evaluationId, outcome }: Tried, verdicts: Verdicts): Judged {
  if (!outcome) return skipped('not sent, because of the failure before');
  if (outcome.error) return failed(errorInWords(outcome.error), remedyOf(outcome.error, evaluationId));
  const evaluation = outcome.result;
  const came = inShort(evaluation);
  const look = `look at the evaluation ${evaluation.evalId} in the RiskOS dashboard`;
  if (evaluation.failed) return failed('its execution failed', `${look}: one of its steps failed`);
  if (evaluation.technical)
    return failed(`${came}, by an error of a step`, `${look}: one of its steps failed`);
  if (evaluation.state === 'in_progress') return failed(came, `${look}: it neither finished nor paused`);
  if (evaluation.state === 'paused') {
    if (identity.expect.includes(paused)) return ok(came);
    return failed(came, `${look}, or expect "${paused}": it waits for the candidate`);
  }
  const { verdict, flags } = verdictOf(evaluation.decision, verdicts);
  if (flags.length > 0) {
    return failed(
      `${came}, a word that nobody mapped`,
      'add the word to "verdicts" of the policy, and name the policy in FUNNEL_POLICY_FILE',
    );
  }
  const wanted = identity.expect.some(
    (word) => word !== paused && verdictOf(word, verdicts).verdict === verdict,
  );
  return wanted ? ok(came) : failed(came, `${look} for the step that decided, or correct "expect"`);
}

function inShort({ state, decision, pausedFor, reasonCodes }: Evaluation): string {
  switch (state) {
    case 'completed':
      return `${decision ?? 'UNKNOWN'}${reasonCodes.length > 0 ? ` (${someOf(reasonCodes)})` : ''}`;
    case 'paused':
      return `${paused} (${inWords(pausedFor ?? 'unknown')})`;
    case 'in_progress':
      return 'still in progress';
  }
}
