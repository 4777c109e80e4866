import type { WorkflowHandle } from '@temporalio/client';
import type { ApplicationInput, Funnel, NextAction, Stage, FunnelStatus } from '../../src/client/index.ts';
import type { Scenario } from '../../src/emulator/index.ts';

/** One way through the funnel that the demo does not show: what RiskOS and the policy do, and what HR does. */
export interface Branch {
  riskos?: Scenario;
  application?: Partial<ApplicationInput>;
  hr?: Partial<
    Record<Stage | NextAction['kind'], (funnel: Funnel, temporal: WorkflowHandle) => Promise<unknown>>
  >;
  /** Where it ends, once HR has done all that. */
  ends: (status: FunnelStatus) => boolean;
}

const at = (stage: Stage) => (status: FunnelStatus) => status.stage === stage;
const closedAs = (outcome: FunnelStatus['outcome']) => (status: FunnelStatus) => status.outcome === outcome;
const verdictCount = (count: number) => (status: FunnelStatus) => status.verdicts.length === count;

const absent = { documents: [{ candidate: 'absent' as const }] };
const decides = (verdict: 'accept' | 'reject' | 'resubmit') => (funnel: Funnel) =>
  funnel.review({ verdict, by: 'reviewer-7', reason: 'looked at the pictures' });

/** Every branch of the funnel, by name; the recorded histories are made of these and of the demo's scenarios. */
export const branches: Record<string, Branch> = {
  'technical-error': {
    riskos: { documents: [{ error: 'docv_error', decision: 'RESUBMIT' }, {}] },
    ends: at('verified'),
  },
  'technical-errors-exhausted': {
    riskos: { documents: [{ error: 'docv_error', decision: 'CANCEL' }] },
    ends: at('needs_attention'),
  },
  'fraud-goes-to-a-person': {
    riskos: { documents: [{ decision: 'RESUBMIT', reasonCodes: ['R834'] }] },
    hr: { review: decides('reject') },
    ends: closedAs('rejected'),
  },
  rejected: { riskos: { documents: [{ decision: 'REJECT' }] }, ends: closedAs('rejected') },
  cancelled: { riskos: { documents: [{ decision: 'CANCEL' }] }, ends: closedAs('cancelled') },
  'unknown-decision': { riskos: { passive: [{ decision: 'PERHAPS' }] }, ends: at('review') },
  expired: {
    riskos: absent,
    application: { policy: { documents: { start: 'immediately', deadline: '1s' } } },
    ends: closedAs('expired'),
  },
  'late-accept': {
    riskos: { documents: [{ after: 20 }, { candidate: 'absent' }] },
    application: {
      policy: {
        documents: { start: 'immediately', deadline: '2s', onDeadline: 'next_attempt', maxAttempts: 9 },
      },
    },
    ends: at('verified'),
  },
  'contradicted-later': {
    riskos: { documents: [{ afterwards: [{ event: 'decision_update', decision: 'REJECT', after: 5 }] }] },
    ends: ({ verdicts }) => verdicts.some(({ flags }) => flags.includes('contradicted_later')),
  },
  'review-accepted-by-hr': {
    riskos: { documents: [{ decision: 'REVIEW' }] },
    hr: { review: decides('accept') },
    ends: at('verified'),
  },
  'review-overdue': {
    riskos: { documents: [{ decision: 'REVIEW' }] },
    application: {
      policy: { documents: { start: 'immediately' }, review: { deadline: '3s', reminder: '2s' } },
    },
    ends: ({ escalation }) => escalation === 'overdue',
  },
  'another-try-granted': {
    riskos: { documents: [{ decision: 'REVIEW' }, {}] },
    application: { policy: { documents: { start: 'immediately', maxAttempts: 1 } } },
    hr: { review: decides('resubmit') },
    ends: at('verified'),
  },
  'one-time-code': {
    riskos: { passive: [{ waitsFor: ['one_time_code'] }] },
    hr: {
      enter_one_time_code: async (funnel) => {
        await funnel.submitOneTimeCode({ code: '000000' });
        await funnel.resendOneTimeCode();
        await funnel.submitOneTimeCode({ code: '123456' });
      },
    },
    ends: at('verified'),
  },
  'more-information': {
    riskos: { passive: [{ waitsFor: ['more_information'] }] },
    hr: {
      provide_information: (funnel) =>
        funnel.provideInformation({ candidate: { nationalId: '900-12-3456' } }),
    },
    ends: at('verified'),
  },
  'hosted-flow': {
    riskos: { passive: [{ waitsFor: ['hosted_flow'], after: 5 }] },
    ends: at('verified'),
  },
  'documents-inside-the-passive-check': {
    riskos: { passive: [{ waitsFor: ['capture'] }] },
    ends: at('verified'),
  },
  'reviewer-in-riskos-confirms': {
    riskos: {
      passive: [
        { decision: 'REJECT', afterwards: [{ event: 'decision_update', decision: 'REJECT', after: 5 }] },
      ],
    },
    application: { policy: { passive: { onReject: 'review' } } },
    ends: closedAs('rejected'),
  },
  'payroll-set-up': {
    hr: {
      verified: (funnel) =>
        funnel.requestPayrollSetup({ candidate: { dateOfBirth: '1990-02-03', nationalId: '900-12-3456' } }),
    },
    ends: verdictCount(3),
  },
  'contractor-onboarding': { application: { useCase: 'contractor_onboarding' }, ends: at('verified') },
  'periodic-reverification': {
    application: {
      policy: { documents: { start: 'immediately' }, reverification: { every: '2s', deadline: '1 minute' } },
    },
    ends: verdictCount(3),
  },
  'reverification-missed': {
    riskos: { selfie: [{ candidate: 'absent' }] },
    application: {
      policy: { documents: { start: 'immediately' }, reverification: { deadline: '1s' } },
    },
    hr: { verified: (funnel) => funnel.requestReverification() },
    ends: at('verified'),
  },
  'verified-elsewhere': {
    application: { baseline: { referenceId: 'accepted-elsewhere-1' } },
    hr: { verified: (funnel) => funnel.requestReverification() },
    ends: verdictCount(1),
  },
  'refused-then-corrected': {
    riskos: {
      passive: [
        {
          faults: [
            {
              at: 'create',
              kind: 'answer',
              status: 400,
              body: {
                error: 'bad',
                code: 'INVALID_REQUEST',
                invalid_args: [{ field: 'data.individual.email' }],
              },
              times: 1,
            },
          ],
        },
      ],
    },
    hr: { needs_attention: (funnel) => funnel.correct({ candidate: { email: 'better@example.com' } }) },
    ends: at('verified'),
  },
  'unclear-then-explained': {
    riskos: { documents: [{ faults: [{ at: 'create', kind: 'cut', when: 'after', times: 1 }] }] },
    application: { policy: { documents: { start: 'immediately' }, ambiguousWait: '20s' } },
    ends: at('verified'),
  },
  'unclear-then-sent-again': {
    riskos: { passive: [{ faults: [{ at: 'create', kind: 'cut', times: 2 }] }] },
    application: { policy: { documents: { start: 'immediately' }, ambiguousWait: '200ms' } },
    ends: at('verified'),
  },
  'riskos-down': {
    riskos: {
      documents: [{ faults: [{ at: 'read', kind: 'answer', status: 503, times: 6 }] }],
    },
    ends: at('verified'),
  },
  'rate-limited': {
    riskos: { passive: [{ faults: [{ at: 'create', kind: 'answer', status: 429, times: 2 }] }] },
    ends: at('verified'),
  },
  'cancelled-in-temporal': {
    riskos: absent,
    hr: { show_capture_link: (_funnel, temporal) => temporal.cancel() },
    ends: closedAs('withdrawn'),
  },
  completed: { hr: { verified: (funnel) => funnel.complete() }, ends: closedAs('completed') },
};
