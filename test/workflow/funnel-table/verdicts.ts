import type { ApplicationInput } from '../../../src/client/index.ts';
import type { EvaluatedStage } from './states.ts';
import type { Word } from './words.ts';

/** How an evaluation can end. */
export const endings = [
  'accept',
  'review',
  'reject',
  'resubmit',
  'cancel',
  'unknown word',
  'marked as fraud',
  'technical error',
] as const;
export type Ending = (typeof endings)[number];

/** What a settled evaluation leads to, without a policy of one's own. */
export const afterVerdict: Record<Ending, Record<EvaluatedStage, Word>> = {
  accept: {
    passive_check: '→ awaiting_document_request',
    document_verification: '→ verified',
    selfie_reverification: '→ verified',
    payroll_setup: '→ verified',
  },
  review: {
    passive_check: '→ document_verification',
    document_verification: '→ review',
    selfie_reverification: '→ review',
    payroll_setup: '→ review',
  },
  reject: {
    passive_check: '→ closed',
    document_verification: '→ closed',
    selfie_reverification: '→ closed',
    payroll_setup: '→ closed',
  },
  resubmit: {
    passive_check: '→ document_verification',
    document_verification: 'again',
    selfie_reverification: 'again',
    payroll_setup: '→ review',
  },
  cancel: {
    passive_check: '→ closed',
    document_verification: '→ closed',
    selfie_reverification: '→ closed',
    payroll_setup: '→ closed',
  },
  'unknown word': {
    passive_check: '→ review',
    document_verification: '→ review',
    selfie_reverification: '→ review',
    payroll_setup: '→ review',
  },
  'marked as fraud': {
    passive_check: '→ document_verification',
    document_verification: '→ review',
    selfie_reverification: '→ review',
    payroll_setup: '→ review',
  },
  'technical error': {
    passive_check: 'again',
    document_verification: 'again',
    selfie_reverification: 'again',
    payroll_setup: 'again',
  },
};

/** What HR's own decision leads to: in the stage of the evaluation under review. */
export const afterReview: Record<'accept' | 'reject' | 'resubmit', Record<EvaluatedStage, Word>> = {
  accept: afterVerdict.accept,
  reject: afterVerdict.reject,
  resubmit: {
    passive_check: '→ document_verification',
    document_verification: 'again',
    selfie_reverification: 'again',
    payroll_setup: 'again',
  },
};

/** What one field of the policy changes. */
export interface Choice {
  field: string;
  value: string;
  stage: EvaluatedStage;
  ending: Ending | 'deadline';
  leadsTo: Word;
  policy: NonNullable<ApplicationInput['policy']>;
}

export const choices: Choice[] = [
  {
    field: 'passive.onReview',
    value: 'review',
    stage: 'passive_check',
    ending: 'review',
    leadsTo: '→ review',
    policy: { passive: { onReview: 'review' } },
  },
  {
    field: 'passive.onReview',
    value: 'close',
    stage: 'passive_check',
    ending: 'review',
    leadsTo: '→ closed',
    policy: { passive: { onReview: 'close' } },
  },
  {
    field: 'passive.onReject',
    value: 'document_verification',
    stage: 'passive_check',
    ending: 'reject',
    leadsTo: '→ document_verification',
    policy: { passive: { onReject: 'document_verification' } },
  },
  {
    field: 'passive.onReject',
    value: 'review',
    stage: 'passive_check',
    ending: 'reject',
    leadsTo: '→ review',
    policy: { passive: { onReject: 'review' } },
  },
  {
    field: 'passive.onResubmit',
    value: 'review',
    stage: 'passive_check',
    ending: 'resubmit',
    leadsTo: '→ review',
    policy: { passive: { onResubmit: 'review' } },
  },
  {
    field: 'passive.onResubmit',
    value: 'close',
    stage: 'passive_check',
    ending: 'resubmit',
    leadsTo: '→ closed',
    policy: { passive: { onResubmit: 'close' } },
  },
  {
    field: 'documents.start',
    value: 'immediately',
    stage: 'passive_check',
    ending: 'accept',
    leadsTo: '→ document_verification',
    policy: { documents: { start: 'immediately' } },
  },
  {
    field: 'documents.maxAttempts',
    value: '1',
    stage: 'document_verification',
    ending: 'resubmit',
    leadsTo: '→ closed',
    policy: { documents: { maxAttempts: 1, start: 'immediately' } },
  },
  {
    field: 'documents.onRisk',
    value: 'close',
    stage: 'document_verification',
    ending: 'marked as fraud',
    leadsTo: '→ closed',
    policy: { documents: { onRisk: 'close', start: 'immediately' } },
  },
  {
    field: 'documents.onRisk',
    value: 'next_attempt',
    stage: 'document_verification',
    ending: 'marked as fraud',
    leadsTo: 'again',
    policy: { documents: { onRisk: 'next_attempt', start: 'immediately' } },
  },
  {
    field: 'documents.onDeadline',
    value: 'next_attempt',
    stage: 'document_verification',
    ending: 'deadline',
    leadsTo: 'again',
    policy: { documents: { onDeadline: 'next_attempt', deadline: '3s', start: 'immediately' } },
  },
  {
    field: 'documents.maxTechnicalRetries',
    value: '0',
    stage: 'document_verification',
    ending: 'technical error',
    leadsTo: '→ needs_attention',
    policy: { documents: { maxTechnicalRetries: 0, start: 'immediately' } },
  },
  {
    field: 'reverification.onReject',
    value: 'review',
    stage: 'selfie_reverification',
    ending: 'reject',
    leadsTo: '→ review',
    policy: { reverification: { onReject: 'review' } },
  },
  {
    field: 'reverification.onReject',
    value: 'verified',
    stage: 'selfie_reverification',
    ending: 'reject',
    leadsTo: '→ verified',
    policy: { reverification: { onReject: 'verified' } },
  },
  {
    field: 'reverification.maxAttempts',
    value: '1',
    stage: 'selfie_reverification',
    ending: 'resubmit',
    leadsTo: '→ closed',
    policy: { reverification: { maxAttempts: 1 } },
  },
  {
    field: 'reverification.onDeadline',
    value: 'close',
    stage: 'selfie_reverification',
    ending: 'deadline',
    leadsTo: '→ closed',
    policy: { reverification: { onDeadline: 'close', deadline: '3s' } },
  },
];
