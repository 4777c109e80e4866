import type { Evaluation } from '../../contract/index.ts';
import { environmentOf, undocumentedFields } from '../../riskos/conformance.ts';
import type { RiskosProblem, SeenAnswer } from '../../riskos/index.ts';
import type { Tried } from './candidates.ts';
import { errorInWords, failed, type Judged, ok, remedyOf, skipped, someOf } from './results.ts';

interface Taken {
  name: string;
  seen: SeenAnswer;
}

/** The answers of POSTs that were taken, whatever was in them. */
function takenOf(tried: Tried[]): Taken[] {
  return tried.flatMap(({ identity, outcome }) =>
    outcome?.seen && outcome.seen.status < 300 ? [{ name: identity.name, seen: outcome.seen }] : [],
  );
}

export function evaluationsOf(tried: Tried[]): { name: string; seen: SeenAnswer; evaluation: Evaluation }[] {
  return tried.flatMap(({ identity, outcome }) =>
    outcome?.result && outcome.seen
      ? [{ name: identity.name, seen: outcome.seen, evaluation: outcome.result }]
      : [],
  );
}

const none = skipped('no POST was taken');
const answers = (number: number): string => (number === 1 ? '1 answer' : `${number} answers`);

/** POST answers 200 when it has finished, 201 when it is paused [doc]. */
export function judgeStatuses(tried: Tried[]): Judged {
  const statuses = { completed: 200, paused: 201, in_progress: undefined };
  const found = evaluationsOf(tried);
  if (found.length === 0) return none;
  const wrong = found.filter(({ evaluation, seen }) => statuses[evaluation.state] !== seen.status);
  if (wrong.length > 0) {
    return failed(
      someOf(wrong.map(({ name, evaluation, seen }) => `${name}: ${evaluation.state} with ${seen.status}`)),
      'the funnel reads the state and not the status, so it goes on; ask Socure, or whoever runs the proxy before it',
    );
  }
  const count = (status: number) => found.filter(({ seen }) => seen.status === status).length;
  return ok(`${count(200)} finished, ${count(201)} paused`);
}

const unreadable: readonly RiskosProblem[] = [
  'MalformedAnswer',
  'IncompleteAnswer',
  'ErrorInAnswer',
  'OversizedAnswer',
  'EncodedAnswer',
  'WrongEvaluation',
];

/** Our id echoed, an eval_id, a known state, and a link where the candidate has to go somewhere. */
export function judgeReliedFields(tried: Tried[]): Judged {
  for (const { identity, evaluationId, outcome } of tried) {
    if (outcome?.error && unreadable.includes(outcome.error.type)) {
      return failed(
        `${identity.name}: ${errorInWords(outcome.error)}`,
        remedyOf(outcome.error, evaluationId),
      );
    }
  }
  const found = evaluationsOf(tried);
  return found.length === 0 ? none : ok(answers(found.length));
}

export function judgeDocumentedTypes(tried: Tried[]): Judged {
  const found = takenOf(tried);
  if (found.length === 0) return none;
  const wrong = [...new Set(found.flatMap(({ seen }) => undocumentedFields(seen.body)))];
  if (wrong.length === 0) return ok(answers(found.length));
  return failed(
    `others in ${someOf(wrong)}`,
    'the funnel does without these fields; ask Socure whether the pinned API version is still right',
  );
}

export function judgeEnvironment(tried: Tried[], configured: string): Judged {
  const found = takenOf(tried);
  if (found.length === 0) return none;
  const named = found.flatMap(({ seen }) => environmentOf(seen.body) ?? []);
  const other = named.find((environment) => environment !== configured);
  if (other) {
    return failed(other, 'make RISKOS_BASE_URL, RISKOS_API_KEY and RISKOS_ENVIRONMENT agree');
  }
  return named.length === 0 ? skipped('no answer names one') : ok(configured);
}

export function judgeVersion(tried: Tried[], version: string): Judged {
  const found = takenOf(tried);
  if (found.length > 0) return ok(`taken, ${answers(found.length)}`);
  const sent = tried.flatMap(({ outcome }) => outcome?.error ?? []);
  const refused: readonly RiskosProblem[] = ['DataRefused', 'RequestRefused'];
  const [first] = sent;
  if (!first || !sent.every(({ type }) => refused.includes(type))) return none;
  return failed(
    `${errorInWords(first)} for every request`,
    `compare RISKOS_API_VERSION (${version}) with the versions of the API reference, and RISKOS_WORKFLOW's input with a case`,
  );
}

/** The link itself is for the candidate, and is not shown. */
export function judgeCapture({ outcome }: Tried): Judged {
  if (!outcome?.result) return skipped('there is no evaluation');
  const { evalId, state, pausedFor, url } = outcome.result;
  if (state === 'paused' && pausedFor === 'capture' && url !== undefined) return ok('paused, with a link');
  return failed(
    state === 'paused' ? `paused for ${pausedFor ?? 'unknown'}` : state,
    `look at the evaluation ${evalId} in the RiskOS dashboard: its workflow has to reach Document Verification`,
  );
}

const kept = ['evaluationId', 'state', 'decision', 'pausedFor', 'url', 'transactionToken'] as const;

/** Whether a GET says what the POST said; an evaluation may have gone on in between. */
export function judgeReadBack(before: Evaluation, after: Evaluation): Judged {
  if (before.state === 'paused' && after.state !== 'paused' && before.evaluationId === after.evaluationId) {
    return skipped(`has gone on meanwhile: ${after.state}`);
  }
  const different = kept.filter((field) => before[field] !== after[field]);
  if (different.length === 0) return ok('the same');
  return failed(
    `another ${different.join(', ')}`,
    `look at the evaluation ${before.evalId} in the RiskOS dashboard, and ask Socure`,
  );
}
