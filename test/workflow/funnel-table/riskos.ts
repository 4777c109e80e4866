import type { Evaluation } from '../../../src/contract/index.ts';
import type { Scenario } from '../../../src/emulator/index.ts';
import type { FunnelByHand } from '../../simulation/by-hand.ts';
import { call, decided, paused } from '../../simulation/carried/row.ts';
import { keyOf, type Trouble } from '../../simulation/world/contract.ts';
import { useCases } from './plays.ts';
import { baseline } from './reach.ts';

type Play = NonNullable<Scenario['passive']>[number];

/** RiskOS as the emulator plays these scenarios, reduced to what the workflow sees of its answers. */
export interface Riskos {
  /** Answers whatever the funnel asks, until it asks no more; HR takes every notice. */
  answer(funnel: FunnelByHand): void;
  /** The evaluations that it knows, the oldest first. */
  evaluations(): Evaluation[];
  /** From now on it says so of that evaluation. */
  decide(evalId: string, decision: string): void;
}

export function createRiskos(scenario: Scenario): Riskos {
  const known = new Map<string, Evaluation>();
  const failures = new Map<string, Trouble[]>();

  const create = (funnel: FunnelByHand): void => {
    const evaluationId = String(call(funnel, 'createEvaluation')['evaluationId']);
    const { stage, attempt } = keyOf(evaluationId);
    const plays = scenario[useCases[stage]] ?? [{}];
    const play = plays[attempt - 1] ?? plays.at(-1) ?? {};
    const left = failures.get(evaluationId) ?? failuresOf(play);
    const [failure, ...rest] = left;
    failures.set(evaluationId, rest);
    const evaluation = known.get(evaluationId) ?? evaluationOf(evaluationId, play);
    if (failure !== 'refused') known.set(evaluationId, evaluation);
    funnel.settle('createEvaluation', failure ? { failure } : { evaluation });
  };

  /** One that reads or changes an evaluation. */
  const look = (funnel: FunnelByHand, type: 'readEvaluation' | 'patchEvaluation'): void => {
    const { evalId } = call(funnel, type);
    const evaluation = [...known.values()].find((one) => one.evalId === evalId);
    funnel.settle(type, evaluation ? { evaluation } : { failure: 'unknown' });
  };

  return {
    answer(funnel) {
      for (;;) {
        if (funnel.calls('createEvaluation').length > 0) create(funnel);
        else if (funnel.calls('patchEvaluation').length > 0) look(funnel, 'patchEvaluation');
        else if (funnel.calls('readEvaluation').length > 0) look(funnel, 'readEvaluation');
        else if (funnel.calls('notify').length > 0) funnel.settleNotice('taken');
        else return;
      }
    },
    evaluations: () => [...known.values()],
    decide(evalId, decision) {
      for (const [id, one] of known)
        if (one.evalId === evalId) known.set(id, { ...one, decision, technical: false });
    },
  };
}

function evaluationOf(evaluationId: string, play: Play): Evaluation {
  const { stage, attempt } = keyOf(evaluationId);
  const evalId = `eval-${stage}-${attempt}`;
  const { waitsFor = [], decision = 'ACCEPT', reasonCodes = [], tags = [] } = play;
  const [pausedFor] = waitsFor;
  const isWorking = play.faults?.some((fault) => fault.kind === 'change') ?? false;
  if (pausedFor) {
    return paused(evaluationId, { evalId, pausedFor, ...(isWorking ? { state: 'in_progress' } : {}) });
  }
  const documents: Partial<Evaluation> =
    useCases[stage] !== 'passive' && decision === 'ACCEPT'
      ? { documentResult: 'accepted', referenceId: `reference-${attempt}` }
      : {};
  return decided(evaluationId, decision, {
    evalId,
    reasonCodes: [...reasonCodes],
    risk: reasonCodes.includes('R810'),
    technical: tags.includes('docv_error'),
    ...documents,
    ...(stage === 'selfie_reverification' ? { previousReferenceId: baseline.referenceId } : {}),
  });
}

/** How its POSTs fail, one after the other. */
function failuresOf({ faults = [] }: Play): Trouble[] {
  return faults.flatMap((fault) => {
    if (fault.at !== 'create' || fault.kind === 'change') return [];
    const failure = fault.kind === 'answer' && fault.status === 403 ? 'refused' : 'ambiguous';
    return Array.from({ length: fault.times ?? 1 }, () => failure);
  });
}
