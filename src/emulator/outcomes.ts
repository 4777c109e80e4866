import type { Capture, Ending, Evaluation, Outcome } from './evaluation.ts';
import type { Play, UseCase } from './scenarios.ts';

/** What the checks find when nothing else is said. */
const usual: Record<UseCase, string[]> = {
  passive: [],
  documents: ['I831', 'I834', 'I836'],
  selfie: ['I834', 'I836'],
};

/** Where each ending leads is each customer's own workflow [open]; these are the emulator's. */
const endings: Record<Exclude<Evaluation['ending'], 'completes'>, Outcome> = {
  declines: { decision: 'CANCEL', reasonCodes: [], tags: ['consent_declined'], error: 'consent declined' },
  expires: { decision: 'RESUBMIT', reasonCodes: [], tags: ['docv_error'], error: 'session expired' },
  code_failed: { decision: 'REJECT', reasonCodes: [], tags: ['otp_failed'], error: null },
  glare: { decision: 'RESUBMIT', reasonCodes: ['R831', 'R804'], tags: [], error: null },
  doubtful: { decision: 'REVIEW', reasonCodes: ['I849'], tags: [], error: null },
  stranger: { decision: 'REJECT', reasonCodes: ['R836'], tags: [], error: null },
};

const errors = {
  docv_request_error: 'the capture session could not be created',
  docv_error: 'document verification is not available',
  docv_verification_error: 'the images could not be read',
};

/** What a play comes to; a candidate who does something else than the play says is stronger than the play. */
export function outcomeOf(play: Play, useCase: UseCase, ending: Evaluation['ending']): Outcome {
  const base: Outcome =
    ending === 'completes'
      ? { decision: 'ACCEPT', reasonCodes: usual[useCase], tags: [], error: null }
      : endings[ending];
  if (ending !== 'completes' && ending !== play.candidate) return base;
  const { error } = play;
  const decision = play.decision ?? (error ? 'RESUBMIT' : base.decision);
  return {
    decision,
    reasonCodes: play.reasonCodes ?? (decision === base.decision ? base.reasonCodes : []),
    tags: [...play.tags, ...base.tags, ...(error ? [error] : [])],
    error: error ? errors[error] : base.error,
  };
}

/** A session is as good as its worst picture. */
export function endingOf(capture: Capture): Ending {
  const seen = new Set(Object.values(capture.pictures));
  if (seen.has('stranger')) return 'stranger';
  if (seen.has('glare')) return 'glare';
  return seen.has('doubtful') ? 'doubtful' : 'completes';
}
