import type { FunnelStatus } from '../../../src/client/index.ts';
import type { Refusal, Stage } from '../../../src/contract/index.ts';

/** The effect of a message, as a cell shows it. */
export type Word =
  | Refusal
  | `→ ${Stage}`
  | 'back'
  | 'again'
  | 'read'
  | 'sent'
  | 'conflict'
  | 'noted'
  | 'ignored'
  | 'reminder'
  | 'overdue'
  | 'gone'
  | 'none';

/** In the order of the legend; a refusal has its own entry. */
export const meanings: [shown: string, meaning: string][] = [
  ['→ stage', 'The funnel goes on to that stage.'],
  ['back', 'The funnel resumes at the stage where it stopped.'],
  [
    'read',
    'It is recorded in the timeline, and RiskOS is read. Only that reading counts: the funnel stays until it brings a verdict.',
  ],
  ['sent', 'It is sent to RiskOS, which is then read. The funnel stays until RiskOS has a verdict.'],
  [
    'conflict',
    'It is recorded, and the settled verdict gets the flag `contradicted_later`. The verdict and the stage stay.',
  ],
  ['noted', 'It is recorded in the timeline; nothing else happens, and RiskOS is not read.'],
  ['ignored', 'Nothing happens; it is not in the timeline either.'],
  ['reminder', '`escalation` becomes `reminder`, and HR gets a notice.'],
  ['overdue', '`escalation` becomes `overdue`, and HR gets a notice. Only a person ends it.'],
  ['✗', 'An update is refused with `WrongStage`; the message names what is possible instead.'],
  ['gone', 'The workflow has ended, so Temporal refuses the signal. The relay answers 200.'],
  ['–', 'Cannot happen here.'],
];

/** As it stands in a cell. */
export function shown(word: Word): string {
  if (word === 'WrongStage') return '✗';
  if (word === 'none') return '–';
  return word.replace('document_verification', 'documents').replaceAll('_', ' ');
}

/** The word for a funnel that has gone to another stage. */
export function to(stage: FunnelStatus['stage']): Word {
  if (stage === 'starting') throw new Error('no worker has begun the funnel');
  return `→ ${stage}`;
}
