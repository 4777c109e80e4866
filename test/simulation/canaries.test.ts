import { expect, test } from 'vitest';
import { type UpdateInput, type UpdateName, updates } from '../../src/contract/index.ts';
import { bundlePath } from '../../src/worker/bundle-path.ts';
import type { Whole } from '../unit/support/states.ts';
import { openByHand } from './by-hand.ts';
import { asking, attempting, inReview, stoppedAt, verified } from './carried/bases.ts';
import { applicationId, at, decided, idOf, paused, timers } from './carried/row.ts';
import { openSandbox } from './server/sandbox.ts';

const logged: unknown[] = [];
const sandbox = openSandbox(bundlePath, (calls) => logged.push(...calls));

const device: Whole<NonNullable<UpdateInput<'requestDocuments'>['externalDevice']>> = {
  id: 'canary-device-id',
  session: 'canary-device-session',
  fingerprint: 'canary-fingerprint',
  fingerprintProvider: 'canary-provider',
  userAgent: 'canary-user-agent',
  deviceType: 'tablet',
  isKnown: true,
  firstSeenTime: '1987-01-01T01:02:03Z',
  lastSeenTime: '1987-01-02T01:02:03Z',
  timezoneMismatch: true,
  ipAddress: '198.51.100.77',
  isIpBadProxy: true,
  isIpProxy: true,
  ipRiskScore: 87.654,
  ipIsp: 'canary-isp',
  ipCountryCode: 'QZ',
  ipCity: 'canary-city',
  ipRegion: 'canary-region',
  isIpTor: true,
  isEmulator: true,
};
const session = {
  diSessionToken: 'canary-di-session',
  ipAddress: '198.51.100.78',
  externalDevice: device,
};
const address = {
  line1: 'canary-line-1',
  line2: 'canary-line-2',
  locality: 'canary-locality',
  minorAdminDivision: 'canary-minor',
  majorAdminDivision: 'canary-major',
  country: 'US',
  postalCode: 'canary-postal',
};
const secrets = { address, dateOfBirth: '1987-06-05', nationalId: 'canary-national-id' };
const candidate: Whole<UpdateInput<'correct'>['candidate']> = {
  givenName: 'Canarygiven',
  familyName: 'Canaryfamily',
  email: 'canary@example.org',
  phoneNumber: '+14155550199',
  ...session,
  ...secrets,
};
/** What HR writes about the candidate is for the timeline and for nothing else. */
const by = 'sender-of-the-update';
const reason = 'words-of-hr';

/** Each update with each field that it can have: a new one does not compile until it is here. */
const inputs: { [Name in UpdateName]: Whole<UpdateInput<Name>> } = {
  requestDocuments: { ...session, by },
  requestReverification: { ...session, reason: 'account_recovery', by },
  submitOneTimeCode: { code: '0198765432', by },
  resendOneTimeCode: { by },
  provideInformation: { candidate, by },
  requestPayrollSetup: { ...session, candidate: secrets, by },
  review: { verdict: 'resubmit', by, reason },
  readNow: { by },
  correct: { candidate, by },
  retry: { by },
  withdraw: { reason, by },
  complete: { by },
};

const traces = /canary|4155550199|1987-0[16]-0[125]|198\.51\.100\.7[78]|87\.654|"QZ"|0198765432|tablet/i;
const wordsOfHr = /sender-of-the-update|words-of-hr/;

const stage = 'document_verification';
const pausedFor = (what: 'one_time_code' | 'more_information') =>
  attempting('reading', stage, { latest: paused(idOf(stage, 2), { pausedFor: what }) });
const refused = {
  kind: 'request_refused',
  problem: 'DataRefused',
  action: 'correct it',
  fields: ['candidate.email'],
  smsPossible: false,
};
const withBaseline = { ...verified, baseline: { referenceId: 'reference-1' } };

/** Where each is possible. */
const possible: Record<UpdateName, object> = {
  requestDocuments: asking,
  requestReverification: withBaseline,
  submitOneTimeCode: pausedFor('one_time_code'),
  resendOneTimeCode: pausedFor('one_time_code'),
  provideInformation: pausedFor('more_information'),
  requestPayrollSetup: verified,
  review: inReview(decided(idOf(stage, 2), 'REVIEW'), 'review'),
  readNow: attempting('reading'),
  correct: stoppedAt(refused),
  retry: stoppedAt(refused),
  withdraw: attempting('reading'),
  complete: verified,
};

const riskosCalls = ['createEvaluation', 'patchEvaluation', 'readEvaluation'] as const;

test.each(Object.entries(inputs))(
  'nothing that %s brings is shown, and what HR writes in it stands in the timeline alone',
  (name, input) => {
    logged.length = 0;
    const shown: unknown[] = [];
    let [accepted, saidBy] = [false, false];
    for (const failure of ['refused', 'ambiguous', undefined] as const) {
      for (const [where, carried] of Object.entries(possible)) {
        const funnel = openByHand(sandbox, { applicationId, carried }, { at });
        const first = funnel.update(name, input);
        accepted ||= where === name && !JSON.stringify(first ?? {}).includes('refused');
        funnel.update(name, input);
        for (const type of riskosCalls) {
          if (funnel.calls(type).length === 0) continue;
          const evaluationId = idOf(stage, 2);
          funnel.settle(type, failure ? { failure } : { evaluation: paused(evaluationId) });
        }
        const timeline = JSON.stringify(funnel.timeline());
        expect(timeline).not.toMatch(traces);
        saidBy ||= wordsOfHr.test(timeline);
        shown.push(
          funnel.answers(),
          funnel.status(),
          funnel.details(),
          funnel.attributes(),
          funnel.memo(),
          funnel.summaries(),
          funnel.everAsked('notify'),
          funnel.everAsked('readEvaluation'),
          funnel.children(),
        );
      }
    }
    expect({ accepted, saidBy }).toEqual({ accepted: true, saidBy: true });
    expect(JSON.stringify([shown, logged])).not.toMatch(traces);
    expect(JSON.stringify([shown, logged])).not.toMatch(wordsOfHr);
  },
);

test('the canaries do reach RiskOS', () => {
  const funnel = openByHand(sandbox, { applicationId, carried: possible.correct }, { at });
  funnel.update('correct', inputs.correct);
  expect(JSON.stringify(funnel.calls('createEvaluation'))).toMatch(traces);
  expect(funnel.timer(timers.post)).toBeUndefined();
});

test('every update has a schema that takes its canaries', () => {
  for (const [name, input] of Object.entries(inputs)) {
    const known = Object.entries(updates).find(([one]) => one === name);
    expect(known?.[1].schema.safeParse(input).error?.issues ?? []).toEqual([]);
  }
});
