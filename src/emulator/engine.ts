import { randomUUID } from 'node:crypto';
import { toDataURL } from 'qrcode';
import { answerOf, completedDataOf } from './answer.ts';
import { baselineOf } from './baselines.ts';
import { castIn } from './casting.ts';
import { decide, fail, putOnHold, settle, waiting } from './decisions.ts';
import { completed, invalidRequest } from './errors.ts';
import { type Ending, type Environment, type Evaluation, newEvaluation, type Side } from './evaluation.ts';
import { caseOf, endNotes, eventDataOf, uploaded } from './events.ts';
import { chanceOf } from './faults.ts';
import type { Ledger } from './ledger.ts';
import { changed, type Notifier } from './notifier.ts';
import { type EvaluationRequest, has, readPatch } from './request.ts';
import type { FollowUp, ParsedScenario } from './scenarios.ts';
import type { Stage } from './stage.ts';

/** How often a one-time code may be wrong: about five times [doc]. */
const maxWrongCodes = 5;

export interface EngineParts {
  scenarios: Map<string, ParsedScenario>;
  stage: Stage;
  notifier: Notifier;
  ledger: Ledger;
  seed: number;
  publicUrl: () => string;
  acceptForeignBaselines: boolean;
}

/** RiskOS itself: evaluations and their life, without HTTP. */
export function createEngine(parts: EngineParts) {
  const { stage, notifier, ledger } = parts;
  const evaluations = new Map<string, Evaluation>();
  /** By transaction token, by the verification's reference and by the Hosted Flow's token. */
  const references = new Map<string, Evaluation>();
  const casting = castIn(parts.scenarios);

  /** Finishes at once, or pauses; sends nothing yet: that is {@link begin}, once the answer is out. */
  async function create(request: EvaluationRequest, environment: Environment): Promise<Evaluation> {
    const cast = casting.of(request);
    const known = (reference: string) => {
      const found = references.get(reference);
      return found?.environment === environment ? found : undefined;
    };
    const previousReferenceId =
      cast.useCase === 'selfie' ? baselineOf(request, known, parts.acceptForeignBaselines) : null;
    casting.remember(request, cast);
    const evaluation = newEvaluation(request, environment, cast, previousReferenceId);
    evaluations.set(evaluation.evalId, evaluation);
    refer(evaluation);
    ledger.evaluations.push({
      id: evaluation.id,
      eval_id: evaluation.evalId,
      event_type: request.data.event_type ?? '',
      individual_id: request.data.individual.id ?? null,
      scenario: cast.scenario,
      at: new Date().toISOString(),
    });
    await proceed(evaluation);
    return evaluation;
  }

  /** Makes it known by everything that a later request may name it by. */
  function refer(evaluation: Evaluation): void {
    const { referenceId, otherReferences, capture, hosted } = evaluation;
    for (const key of [referenceId, ...otherReferences, capture?.token, hosted?.token]) {
      if (key) references.set(key, evaluation);
    }
  }

  /** Pauses for the next thing, or decides. */
  async function proceed(evaluation: Evaluation): Promise<void> {
    const [next] = evaluation.waitsFor;
    const stuck = next === 'capture' && evaluation.play.error === 'docv_request_error';
    if (next === undefined || stuck) return settle(evaluation);
    if (next === 'capture') await requestDocuments(evaluation);
    if (next === 'one_time_code') sendSms(evaluation, 'code');
    if (next === 'hosted_flow') {
      const token = randomUUID();
      evaluation.hosted = { token, url: `${parts.publicUrl()}/hosted/${token}` };
      references.set(token, evaluation);
    }
    putOnHold(evaluation, next);
  }

  async function requestDocuments(evaluation: Evaluation): Promise<void> {
    const { config } = evaluation.request.data.individual.docv ?? {};
    const token = randomUUID();
    const url = `${parts.publicUrl()}/capture/${token}`;
    const documentSides: Side[] =
      config?.document_type === 'passport' ? ['front', 'selfie'] : ['front', 'back', 'selfie'];
    evaluation.capture = {
      token,
      referenceId: randomUUID(),
      url,
      qrCode: await toDataURL(url),
      sides: evaluation.useCase === 'selfie' ? ['selfie'] : documentSides,
      screen: 'consent',
      preview: null,
      pictures: {},
    };
    references.set(token, evaluation);
    if (config?.send_message) sendSms(evaluation, 'link');
  }

  function sendSms(evaluation: Evaluation, what: 'link' | 'code'): void {
    ledger.sms.push({ id: evaluation.id, eval_id: evaluation.evalId, what, at: new Date().toISOString() });
  }

  /**
   * After the POST's answer, or before it if a fault says so: sends the event of the pause and lets the played
   * candidate begin. Resolves when the first webhook is taken or given up.
   */
  async function begin(evaluation: Evaluation): Promise<void> {
    // One that finishes within the POST sends no webhook [doc].
    if (evaluation.state !== 'evaluation_paused') return followUp(evaluation);
    if (evaluation.play.candidate === 'absent') followUp(evaluation);
    await paused(evaluation);
  }

  function paused(evaluation: Evaluation): Promise<void> {
    if (waiting(evaluation, 'capture')) playCapture(evaluation);
    if (waiting(evaluation, 'hosted_flow')) playHostedFlow(evaluation);
    return notifier.emit(evaluation, 'evaluation_paused', answerOf(evaluation));
  }

  function playCapture(evaluation: Evaluation): void {
    const { candidate, after } = evaluation.play;
    if (candidate === 'person' || candidate === 'absent') return;
    stage.later(after, () => {
      if (candidate === 'expires') return endCapture(evaluation, 'expires');
      if (waiting(evaluation, 'capture')) progress(evaluation, ['Process Initiated', 'Capture App Opened']);
      stage.later(1, () => endCapture(evaluation, candidate));
    });
  }

  function playHostedFlow(evaluation: Evaluation): void {
    const { candidate, after } = evaluation.play;
    if (candidate === 'person' || candidate === 'absent') return;
    stage.later(after, () => endHostedFlow(evaluation, candidate));
  }

  /**
   * Ends the capture session; RiskOS goes on by itself, and nothing else can make it [doc]. What no person has
   * photographed, the played candidate does now. False if no capture is open.
   */
  function endCapture(evaluation: Evaluation, ending: Ending): boolean {
    const { capture } = evaluation;
    if (!capture || !waiting(evaluation, 'capture')) return false;
    capture.preview = null;
    if (ending === 'declines') capture.screen = 'declined';
    else if (ending === 'expires') capture.screen = 'expired';
    else {
      capture.screen = 'submitted';
      const missing = capture.sides.filter((side) => !capture.pictures[side]);
      const usual = evaluation.play.decision === 'RESUBMIT' ? 'glare' : 'clear';
      const quality = ending === 'completes' ? usual : ending;
      for (const side of missing) capture.pictures[side] = quality;
      progress(
        evaluation,
        missing.map((side) => uploaded[side]),
      );
    }
    progress(evaluation, endNotes[capture.screen]);
    passed(evaluation, ending);
    goOn(evaluation);
    return true;
  }

  /** Ends the Hosted Flow; false if none is open. */
  function endHostedFlow(evaluation: Evaluation, ending: Ending): boolean {
    if (!waiting(evaluation, 'hosted_flow')) return false;
    passed(evaluation, ending);
    goOn(evaluation);
    return true;
  }

  /** The checks take a step of the pace; then comes the next pause or the decision. */
  function goOn(evaluation: Evaluation): void {
    stage.later(1, async () => {
      if (evaluation.state === 'evaluation_failed') return;
      await proceed(evaluation);
      tell(evaluation);
    });
  }

  /** The pause is over; one who declines or lets it expire is not asked for anything more. */
  function passed(evaluation: Evaluation, ending: Evaluation['ending']): void {
    evaluation.ending = ending;
    evaluation.state = 'evaluation_in_progress';
    evaluation.status = 'OPEN';
    evaluation.subStatus = '';
    if (ending === 'completes') evaluation.waitsFor.shift();
    else evaluation.waitsFor.length = 0;
  }

  /**
   * Takes a PATCH; `true` if the evaluation went on and is to be told of, once the answer is out. Throws Refusal 400
   * for one that is not paused, or a body that brings nothing of what is waited for.
   */
  async function patch(evaluation: Evaluation, body: unknown): Promise<boolean> {
    if (evaluation.state !== 'evaluation_paused') throw completed();
    const { code, resend, request } = readPatch(body, evaluation.request);
    evaluation.request = request;
    if (waiting(evaluation, 'one_time_code')) {
      if (resend) sendSms(evaluation, 'code');
      else if (code === undefined) {
        throw invalidRequest([
          { field: 'data.individual.otp', description: 'needs a code, or resend: true' },
        ]);
      }
      if (code === undefined) return false;
      // The sandbox takes any six digits but 000000 [doc].
      const right = /^[0-9]{6}$/.test(code) && code !== '000000';
      if (!right) evaluation.wrongCodes += 1;
      if (!right && evaluation.wrongCodes < maxWrongCodes) return false;
      passed(evaluation, right ? 'completes' : 'code_failed');
    } else if (waiting(evaluation, 'more_information')) {
      if (!evaluation.play.missing.every((path) => has(request.data, path))) return false;
      passed(evaluation, 'completes');
    } else return false;
    await proceed(evaluation);
    return true;
  }

  /** Tells what an evaluation has come to after a pause. */
  function tell(evaluation: Evaluation): void {
    if (evaluation.state === 'evaluation_paused') {
      void paused(evaluation);
      return;
    }
    void notifier.emit(evaluation, 'evaluation_completed', completedDataOf(evaluation));
    followUp(evaluation);
  }

  /** The play's later events, one after the other. */
  function followUp(evaluation: Evaluation): void {
    const next = evaluation.play.afterwards[evaluation.followed];
    if (!next) return;
    stage.later(next.after, () => {
      evaluation.followed += 1;
      happen(evaluation, next);
      followUp(evaluation);
    });
  }

  /** A later event of a case: one of RiskOS's, or any other. */
  function happen(evaluation: Evaluation, event: FollowUp): void {
    if (event.event === 'decision_update' || event.event === 'reevaluation') {
      if (event.decision) decide(evaluation, event.decision);
      if (event.notes) evaluation.notes = event.notes;
      if (event.event === 'reevaluation') evaluation.source = 'Rerun';
    }
    if (event.event === 'workflow_execution_failed') fail(evaluation, event.notes);
    if (event.attachment) evaluation.attachments.push(event.attachment);
    void notifier.emit(evaluation, event.event, changed(eventDataOf(evaluation, event), event.data));
  }

  /** Progress notes come within milliseconds of each other, in any order [doc]. */
  function progress(evaluation: Evaluation, steps: readonly string[]): void {
    const order = (notes: string) => chanceOf(parts.seed, 'order', evaluation.who, notes);
    for (const notes of steps.toSorted((one, other) => order(one) - order(other))) {
      void notifier.emit(evaluation, 'case_notes_added', {
        ...caseOf(evaluation),
        reviewer_id: 'Webhook',
        notes,
      });
    }
  }

  /** Continues from the state of an emulator that was stopped or killed; the events of pauses are sent again. */
  function resume(kept: readonly Evaluation[], attempts: readonly [string, string[]][]): void {
    casting.restore(attempts);
    for (const evaluation of kept) {
      evaluations.set(evaluation.evalId, evaluation);
      refer(evaluation);
      if (evaluation.state === 'evaluation_in_progress') goOn(evaluation);
      else void begin(evaluation);
    }
  }

  return {
    create,
    resume,
    attempts: () => casting.attempts(),
    begin,
    patch,
    tell,
    endCapture,
    endHostedFlow,
    progress,
    happen,
    evaluations,
    /** What a request would get; `undefined` for one that names no known scenario. */
    preview: (body: unknown) => casting.preview(body),
    scenarios: parts.scenarios,
    /** A key of one environment does not see the evaluations of the other [doc]. */
    find(evalId: string, environment: Environment): Evaluation | undefined {
      const found = evaluations.get(evalId);
      return found?.environment === environment ? found : undefined;
    },
    findCapture(token: string): Evaluation | undefined {
      const found = references.get(token);
      return found?.capture?.token === token ? found : undefined;
    },
    findHosted(token: string): Evaluation | undefined {
      const found = references.get(token);
      return found?.hosted?.token === token ? found : undefined;
    },
  };
}
export type Engine = ReturnType<typeof createEngine>;
