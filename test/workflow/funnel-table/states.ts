import type { Stage } from '../../../src/contract/index.ts';

/** The stages that run evaluations. */
export const evaluatedStages = [
  'passive_check',
  'document_verification',
  'selfie_reverification',
  'payroll_setup',
] as const satisfies Stage[];
export type EvaluatedStage = (typeof evaluatedStages)[number];

/** What an evaluated stage can be waiting for. */
export const waits = ['asked', 'works', 'capture', 'code', 'information', 'hosted'] as const;
export type Wait = (typeof waits)[number];

/** The columns of the table: an evaluated stage by what it waits for, then the other stages. */
export const states = [...waits, 'awaiting', 'review', 'verified', 'refused', 'unclear', 'closed'] as const;
export type State = (typeof states)[number];

interface Column {
  /** The head of the column. */
  head: string;
  meaning: string;
}

export const columns: Record<State, Column> = {
  asked: {
    head: 'asked',
    meaning: 'The request was sent, and RiskOS has not confirmed it yet.',
  },
  works: { head: 'works', meaning: 'RiskOS is evaluating, and waits for nobody.' },
  capture: { head: 'capture', meaning: 'The candidate has the capture link.' },
  code: { head: 'code', meaning: 'The candidate has a one-time code to enter.' },
  information: { head: 'information', meaning: 'RiskOS wants more of the candidate’s data.' },
  hosted: { head: 'Hosted Flow', meaning: 'The candidate has to go through a page of RiskOS.' },
  awaiting: {
    head: 'awaiting',
    meaning: '`awaiting_document_request`: HR has to say when documents are wanted.',
  },
  review: { head: 'review', meaning: '`review`: a person has to decide.' },
  verified: { head: 'verified', meaning: '`verified`: nothing is open; HR may ask for more.' },
  refused: {
    head: 'refused',
    meaning: '`needs_attention`, because RiskOS refuses, or keeps failing.',
  },
  unclear: {
    head: 'unclear',
    meaning:
      '`needs_attention`, because five requests got no clear answer; an event may still name the evaluation.',
  },
  closed: { head: 'closed', meaning: '`closed`: for good.' },
};

export function isWait(state: State): state is Wait {
  return waits.some((wait) => wait === state);
}
