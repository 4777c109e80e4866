import {
  ApplicationFailure,
  CancellationScope,
  condition,
  defineQuery,
  defineSignal,
  defineUpdate,
  setHandler,
} from '@temporalio/workflow';
import type { z } from 'zod';
import {
  type Candidate,
  describeIssues,
  type Evaluation,
  imagesSignal,
  inWords,
  missingFields,
  parseEvaluationId,
  type Refusal,
  type RiskosEvent,
  riskosEvent,
  riskosEventSignal,
  type Stage,
  type Status,
  statusQuery,
  type TimelineEntry,
  timelineQuery,
  type UpdateName,
  updates,
  updatesPossibleIn,
  verdictOf,
} from '../src/contract/index.ts';
import { settleImages } from './images.ts';
import { hint, type StepUp, stepUp } from './evaluation.ts';
import { firstSight, type Memory, note } from './memory.ts';
import { news } from './notices.ts';
import { statusOf } from './status.ts';

/** Registers every handler; called before the first await, so that nothing that comes early is lost. */
export function listen(memory: Memory, story: CancellationScope): void {
  const stepUps = new CancellationScope();
  setHandler(defineQuery<Status>(statusQuery), () => statusOf(memory));
  setHandler(defineQuery<TimelineEntry[]>(timelineQuery), () => memory.timeline);
  setHandler(defineSignal<[unknown]>(riskosEventSignal), (event) => onRiskosEvent(memory, event));
  setHandler(defineSignal<[unknown]>(imagesSignal), (images) => settleImages(memory, images));

  onUpdate(memory, 'requestDocuments', updates.requestDocuments, ({ diSessionToken }) => {
    improve(memory, { diSessionToken });
    memory.request = { kind: 'requestDocuments' };
    note(memory, 'documents requested');
  });
  onUpdate(
    memory,
    'requestReverification',
    updates.requestReverification,
    ({ diSessionToken, reason }) => {
      improve(memory, { diSessionToken });
      memory.request = { kind: 'requestReverification' };
      note(memory, `reverification requested${reason ? `: ${inWords(reason)}` : ''}`);
    },
    () => {
      if (!memory.baseline) {
        throw refusal(
          'NoBaseline',
          'there is no accepted document verification that a selfie could be compared with',
        );
      }
    },
  );
  onUpdate(
    memory,
    'requestPayrollSetup',
    updates.requestPayrollSetup,
    ({ diSessionToken, candidate }) => {
      improve(memory, { diSessionToken, ...candidate });
      memory.request = { kind: 'requestPayrollSetup' };
    },
    ({ candidate }) => {
      const missing = missingFields('payroll_setup', merged(memory, candidate));
      if (missing.length > 0) {
        const fields = missing.map(
          (field) => `candidate.${field}: is required for the use case payroll_setup`,
        );
        throw refusal('InvalidMessage', fields.join('; '));
      }
    },
  );
  onStepUp(memory, stepUps, 'submitOneTimeCode', updates.submitOneTimeCode, ({ code }) => {
    return { kind: 'one_time_code', code };
  });
  onStepUp(memory, stepUps, 'resendOneTimeCode', updates.resendOneTimeCode, () => {
    return { kind: 'resend_one_time_code' };
  });
  onStepUp(memory, stepUps, 'provideInformation', updates.provideInformation, ({ candidate }) => {
    return { kind: 'information', candidate };
  });
  onUpdate(memory, 'review', updates.review, ({ verdict, by, reason }) => {
    memory.request = { kind: 'review', verdict };
    note(memory, `review: ${verdict} by ${by}: ${reason}`);
  });
  onUpdate(memory, 'correct', updates.correct, ({ candidate }) => {
    improve(memory, candidate);
    memory.request = { kind: 'resume' };
    note(memory, `corrected: ${Object.keys(candidate).join(', ')}`);
  });
  onUpdate(memory, 'retry', updates.retry, () => {
    note(memory, 'retried');
    memory.request = { kind: 'resume' };
  });
  onUpdate(memory, 'complete', updates.complete, () => {
    memory.request = { kind: 'complete' };
  });
  onUpdate(memory, 'withdraw', updates.withdraw, ({ reason }) => {
    note(memory, `withdrawn${reason ? `: ${reason}` : ''}`);
    stepUps.cancel();
    story.cancel();
  });
}

/** An update is refused before it enters history, or taken up by the story and answered with the new status. */
function onUpdate<Message>(
  memory: Memory,
  name: UpdateName,
  rule: Rule<Message>,
  take: (message: Message) => void,
  admit: (message: Message) => void = () => {},
): void {
  const carryOut = async (message: Message): Promise<void> => {
    const before = memory.stage;
    take(message);
    await condition(() => memory.stage !== before);
  };
  handle(memory, name, rule, carryOut, (message) => {
    if (memory.request && name !== 'withdraw') {
      throw refusal('WrongStage', `${memory.request.kind} has just been accepted; look at the status first`);
    }
    admit(message);
  });
}

/** An update that gives the open evaluation what it waits for; a withdrawal ends it. */
function onStepUp<Message>(
  memory: Memory,
  scope: CancellationScope,
  name: UpdateName,
  rule: Rule<Message>,
  given: (message: Message) => StepUp,
): void {
  const carryOut = async (message: Message): Promise<void> => {
    const step = given(message);
    if (step.kind === 'information') improve(memory, step.candidate);
    const { evaluation } = memory;
    if (evaluation) await scope.run(() => stepUp(evaluation, step));
  };
  handle(memory, name, rule, carryOut, () => {
    const wanted = wantedBy[name];
    const waits = memory.evaluation?.latest?.pausedFor;
    if (waits !== wanted) {
      const instead = waits ? `it waits for ${inWords(waits)}` : 'it waits for nothing';
      throw refusal('WrongStage', `RiskOS does not wait for ${inWords(wanted ?? name)}; ${instead}`);
    }
  });
}

interface Rule<Message> {
  schema: z.ZodType<Message>;
  stages: readonly Stage[];
}

function handle<Message>(
  memory: Memory,
  name: UpdateName,
  rule: Rule<Message>,
  carryOut: (message: Message) => Promise<void>,
  admit: (message: Message) => void,
): void {
  setHandler(
    defineUpdate<Status, [unknown]>(name),
    async (input) => {
      await carryOut(rule.schema.parse(input ?? {}));
      return statusOf(memory);
    },
    {
      validator: (input) => {
        const parsed = rule.schema.safeParse(input ?? {});
        if (!parsed.success) throw refusal('InvalidMessage', describeIssues(parsed.error));
        if (!rule.stages.includes(memory.stage)) throw refusal('WrongStage', wrongStage(name, memory));
        admit(parsed.data);
      },
    },
  );
}

function wrongStage(name: UpdateName, memory: Memory): string {
  const waits = memory.evaluation?.latest?.pausedFor;
  const possible = updatesPossibleIn(memory.stage).filter((one) => (wantedBy[one] ?? waits) === waits);
  const instead =
    possible.length > 0 ? `possible now: ${possible.join(', ')}` : 'no update is possible any more';
  return `${name} is not possible at ${memory.stage}; ${instead}`;
}

/** Updates that make sense only while RiskOS waits for something. */
const wantedBy: Partial<Record<UpdateName, Evaluation['pausedFor']>> = {
  submitOneTimeCode: 'one_time_code',
  resendOneTimeCode: 'one_time_code',
  provideInformation: 'more_information',
};

function refusal(type: Refusal, message: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(message, type);
}

function improve(memory: Memory, better: Partial<Candidate>): void {
  memory.application = { ...memory.application, candidate: merged(memory, better) };
}

function merged(memory: Memory, better: Partial<Candidate>): Candidate {
  const known = Object.fromEntries(Object.entries(better).filter(([, value]) => value !== undefined));
  return { ...memory.application.candidate, ...known };
}

/** Events that can mean a new state of an evaluation; all others are for people only. */
const telling: readonly string[] = [
  'evaluation_completed',
  'evaluation_paused',
  'reevaluation',
  'workflow_execution_failed',
  'decision_update',
];

/** A hint that something happened: it wakes the wait, which then reads RiskOS. Doubles and strangers change nothing. */
function onRiskosEvent(memory: Memory, payload: unknown): void {
  const parsed = riskosEvent.safeParse(payload);
  if (!parsed.success) return;
  const event = parsed.data;
  const key = parseEvaluationId(event.evaluationId);
  if (key?.run !== memory.run || key.applicationId !== memory.application.applicationId) return;
  if (!firstSight(memory, event.eventId)) return;
  note(
    memory,
    `RiskOS: ${inWords(event.progress ?? event.eventType)} (${inWords(key.stage)}, attempt ${key.attempt})`,
  );
  const isOpen = memory.evaluation?.evaluationId === event.evaluationId;
  // Any event names an evaluation whose POST was never answered.
  const explains = isOpen && memory.evaluation?.evalIds.length === 0 && event.evalId !== undefined;
  if (!telling.includes(event.eventType) && !explains) return;
  if (isOpen && memory.evaluation) hint(memory.evaluation, event.evalId);
  else if (event.evalId !== undefined && abandoned(memory, event)) {
    memory.late.push({ evaluationId: event.evaluationId, evalId: event.evalId });
  } else if (event.decision !== undefined && event.eventType !== 'evaluation_paused') {
    checkForConflict(memory, event, event.decision);
  }
}

function abandoned(memory: Memory, event: RiskosEvent): boolean {
  return (
    memory.abandoned.some(({ evaluationId }) => evaluationId === event.evaluationId) &&
    memory.late.length < 10
  );
}

/** A verdict never changes after it was acted upon; that RiskOS says something else later is shown to people. */
function checkForConflict(memory: Memory, { evaluationId, eventType }: RiskosEvent, decision: string): void {
  const known = memory.decisions.filter((settled) => settled.evaluationId === evaluationId);
  if (known.length === 0 || known.some((settled) => settled.decision === decision)) return;
  const record = memory.verdicts.findLast((settled) => settled.evaluationId === evaluationId);
  if (!record || record.flags.includes('contradicted_later')) return;
  const { verdict } = verdictOf(decision, memory.application.policy.verdicts);
  // A REVIEW that comes late was there before the person's decision.
  const superseded = verdict === 'review' && eventType === 'evaluation_completed';
  if (verdict === record.verdict || superseded) return;
  record.flags.push('contradicted_later');
  news(memory, 'conflict');
  note(
    memory,
    `RiskOS says ${decision} of ${inWords(record.stage)}, attempt ${record.attempt} now; the verdict stays`,
  );
}
