import { randomUUID } from 'node:crypto';
import type { Evaluation } from '../../contract/index.ts';
import { sendIncomplete } from '../../riskos/conformance.ts';
import type { CallOptions, Documents, RiskosProblem } from '../../riskos/index.ts';
import {
  evaluationsOf,
  judgeCapture,
  judgeDocumentedTypes,
  judgeEnvironment,
  judgeReadBack,
  judgeReliedFields,
  judgeStatuses,
  judgeVersion,
} from './answers.ts';
import { endsAll, judgeCandidate, type Tried } from './candidates.ts';
import type { Identity, Verdicts } from './identities.ts';
import { judgeRefusal, judgeWaits } from './refusals.ts';
import { type CheckResult, errorInWords, failed, type Judged, ok, remedyOf, skipped } from './results.ts';
import { openSession, type Outcome, type Session, type SessionOptions } from './session.ts';

export interface CheckOptions extends SessionOptions {
  identities: Identity[];
  verdicts: Verdicts;
}

/**
 * The validation checklist of the integration guide, one request after the other. Every POST is sent once, or again
 * only when it certainly was not processed.
 */
export async function* checkRiskos(options: CheckOptions): AsyncGenerator<CheckResult> {
  const session = openSession(options);
  try {
    const tried: Tried[] = [];
    for (const identity of options.identities) {
      const one = tried.some(endsAll) ? { identity, evaluationId: '' } : await send(identity, session);
      tried.push(one);
      const check = `${identity.name}, ${identity.request.useCase}`;
      const expected = identity.expect.join(' or ');
      yield { group: 'candidates', check, expected, ...judgeCandidate(one, options.verdicts) };
    }
    const over = tried.some(endsAll);
    yield* schemaChecks(tried, options, session, over);
    yield* errorChecks(tried, options, session, over);
    const retries = { group: 'retries', check: 'waits that RiskOS asks for' } as const;
    yield { ...retries, expected: 'named in a header, and kept', ...judgeWaits(session.limited) };
  } finally {
    await session.close();
  }
}

async function send(identity: Identity, { riskos, attempt }: Session): Promise<Tried> {
  const evaluationId = `check-${randomUUID()}`;
  const request = { ...identity.request, evaluationId, individualId: evaluationId };
  return { identity, evaluationId, outcome: await attempt((how) => riskos.create(request, how)) };
}

const untried = skipped('not tried, because of the failure above');

async function* schemaChecks(
  tried: Tried[],
  { riskos: { environment, apiVersion = 'the default' } }: CheckOptions,
  { riskos, attempt }: Session,
  over: boolean,
): AsyncGenerator<CheckResult> {
  const line = (check: string, expected: string, judged: Judged): CheckResult => ({
    group: 'schema',
    check,
    expected,
    ...judged,
  });
  yield line('HTTP status of a POST', '200 finished, 201 paused', judgeStatuses(tried));
  yield line('fields that are relied upon', 'our id, eval_id, eval_status, link', judgeReliedFields(tried));
  yield line('types of the other fields', 'as documented', judgeDocumentedTypes(tried));
  yield line('environment_name', environment, judgeEnvironment(tried, environment));
  yield line('pinned API version', `${apiVersion} is taken`, judgeVersion(tried, apiVersion));

  const found = evaluationsOf(tried).map(({ evaluation }) => evaluation);
  const captured = tried.find(({ identity }) => identity.request.useCase === 'document_verification');
  yield line(
    'a document verification',
    'pauses with a capture link',
    captured ? judgeCapture(captured) : skipped('there is none'),
  );

  const [paused, completed] = (['paused', 'completed'] as const).map((state) =>
    found.find((evaluation) => evaluation.state === state),
  );
  const because = over ? untried : undefined;
  const images = over || !paused ? undefined : await attempt((how) => riskos.documents(paused.evalId, how));
  // Read after the images: a candidate who was quick has some.
  const now = over || !paused ? undefined : await attempt((how) => riskos.get(paused.evalId, how));
  yield line(
    'GET of a paused evaluation',
    'the same as the POST',
    paused && now ? judgeRead(paused, now) : (because ?? skipped('none is paused')),
  );
  yield line(
    'documents of a paused evaluation',
    '"No Documents Found"',
    images ? judgeImages(images, now?.result) : (because ?? skipped('none is paused')),
  );
  const then = over || !completed ? undefined : await attempt((how) => riskos.get(completed.evalId, how));
  yield line(
    'GET of a finished evaluation',
    'the same as the POST',
    completed && then ? judgeRead(completed, then) : (because ?? skipped('none is finished')),
  );
}

function judgeRead(before: Evaluation, { error, result }: Outcome<Evaluation>): Judged {
  return error ? failed(errorInWords(error), remedyOf(error)) : judgeReadBack(before, result);
}

function judgeImages({ error, result }: Outcome<Documents>, later: Evaluation | undefined): Judged {
  if (error) return failed(errorInWords(error), remedyOf(error));
  if (result.kind === 'no_documents') return ok('no documents');
  if (later && later.state !== 'paused') return skipped(`has gone on meanwhile: ${later.state}`);
  return failed('a ZIP', 'look at the evaluation in the RiskOS dashboard: it has images before the capture');
}

async function* errorChecks(
  tried: Tried[],
  { riskos: settings }: CheckOptions,
  { riskos, withWrongKey, attempt }: Session,
  over: boolean,
): AsyncGenerator<CheckResult> {
  const evalId = evaluationsOf(tried)[0]?.evaluation.evalId ?? randomUUID();
  const checks: [check: string, expected: RiskosProblem, call: (how: CallOptions) => Promise<unknown>][] = [
    ['a wrong key', 'AuthenticationFailed', (how) => withWrongKey.get(evalId, how)],
    ['an incomplete request', 'DataRefused', (how) => sendIncomplete(settings, how)],
    ['an unknown eval_id', 'NotFound', (how) => riskos.get(randomUUID(), how)],
  ];
  for (const [check, expected, call] of checks) {
    const judged = over ? untried : judgeRefusal(await attempt(call), expected);
    yield { group: 'errors', check, expected: `${expected}, for good`, ...judged };
  }
}
