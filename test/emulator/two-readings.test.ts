import { describe, expect, onTestFinished, test } from 'vitest';
import type { Evaluation } from '../../src/contract/index.ts';
import { createRiskosClient, type RiskosClient, type RiskosClientOptions } from '../../src/riskos/index.ts';
import { emulator, until } from './support.ts';

/** The emulator and the client were written apart: what the one plays, the other has to read as it was meant. */

const candidate = {
  givenName: 'Robin',
  familyName: 'Quill',
  email: 'robin.quill@example.com',
  phoneNumber: '+14155550142',
  diSessionToken: 'session-of-robin',
};

async function bothOf(options: Partial<RiskosClientOptions> = {}) {
  const riskos = await emulator();
  const client = createRiskosClient({
    baseUrl: riskos.url,
    apiKey: 'key-of-the-tests',
    environment: 'Sandbox',
    workflow: 'hiring',
    ...options,
  });
  onTestFinished(() => client.close());
  return { riskos, client };
}

let count = 0;

function post(client: RiskosClient, scenario: string, previousReferenceId?: string): Promise<Evaluation> {
  count += 1;
  const common = { evaluationId: `two-readings-${count}`, candidate, custom: { scenario } };
  return client.create(
    previousReferenceId === undefined
      ? { ...common, useCase: 'document_verification' }
      : { ...common, useCase: 'selfie_reverification', previousReferenceId },
  );
}

async function settled(client: RiskosClient, { evalId }: Evaluation): Promise<Evaluation> {
  return await until(async () => {
    const found = await client.get(evalId);
    return found.state === 'completed' || found.failed ? found : undefined;
  }, `the end of ${evalId}`);
}

test.each<[string, Partial<Record<keyof Evaluation, unknown>>]>([
  [
    'accept',
    {
      documentResult: 'accepted',
      documentType: 'Drivers License',
      documentCountry: 'USA',
      documentState: 'OR',
    },
  ],
  ['passport-from-abroad', { documentResult: 'accepted', documentCountry: 'DEU', documentState: undefined }],
  ['unnamed-document', { documentResult: 'accepted', documentType: undefined, documentCountry: undefined }],
  ['accepted-result-first', { documentResult: 'accepted', documentType: 'Drivers License' }],
  ['accepted-result-last', { documentResult: 'accepted', documentType: 'Drivers License' }],
  ['accepted-without-result', { decision: 'ACCEPT', documentResult: undefined, referenceId: undefined }],
  [
    'verification-not-accepted',
    { decision: 'ACCEPT', documentResult: 'not_accepted', referenceId: undefined },
  ],
  ['result-without-decision', { decision: 'ACCEPT', documentResult: 'accepted' }],
  ['phone-risk-failed', { decision: 'RESUBMIT', technical: false, failedSteps: ['other'] }],
  [
    'accepted-with-failures',
    { decision: 'ACCEPT', documentResult: 'accepted', failedSteps: ['document_verification', 'other'] },
  ],
  [
    'docv-error-then-accept',
    { technical: true, failedSteps: ['document_verification'], tags: ['docv_error'] },
  ],
  ['link-expired', { technical: false, linkExpired: true }],
  ['consent-declined', { technical: false, linkExpired: undefined, decision: 'CANCEL' }],
  [
    'for-audit',
    {
      decision: 'REVIEW',
      score: 57.5,
      tags: ['first time here', 'level-2'],
      reviewQueues: ['Default Queue', 'Level 2'],
      workflow: { name: 'hiring', version: '7.2.0' },
      evalSource: 'API',
      documentResult: 'not_accepted',
    },
  ],
  ['words-of-ours', { decision: 'NEEDS INFO', unknownDecision: 'NEEDS INFO' }],
  ['workflow-failed', { failed: true, decision: undefined }],
])('%s is read as it was meant', async (scenario, expected) => {
  const { client } = await bothOf();
  const evaluation = await settled(client, await post(client, scenario));
  for (const [field, value] of Object.entries(expected)) {
    expect([field, new Map<string, unknown>(Object.entries(evaluation)).get(field)]).toEqual([field, value]);
  }
});

test.each(['data.individual.external_device', 'data.external_device'] as const)(
  'device data and a redirect with headers are taken at %s',
  async (externalDevicePlacement) => {
    const { client } = await bothOf({ externalDevicePlacement });
    const externalDevice = {
      id: 'device-1',
      deviceType: 'tablet' as const,
      isKnown: true,
      firstSeenTime: '2026-03-02T10:00:00Z',
      ipAddress: '203.0.113.7',
      ipRiskScore: 25.7,
      ipCountryCode: 'US',
    };
    const redirect = {
      url: 'https://hr.example/done',
      method: 'POST' as const,
      headers: { a: 'b' },
      delay: 3,
    };
    const evaluation = await client.create({
      evaluationId: 'with-device',
      useCase: 'document_verification',
      candidate: { ...candidate, externalDevice },
      documents: { redirect },
      custom: { scenario: 'withdrawn' },
    });
    expect(evaluation.pausedFor).toBe('capture');
  },
);

describe('the baseline', () => {
  test.each(['accepted-result-first', 'accepted-result-last', 'result-without-decision'])(
    'of %s is one that a selfie is compared with',
    async (scenario) => {
      const { client } = await bothOf();
      const { referenceId } = await settled(client, await post(client, scenario));
      const selfie = await settled(client, await post(client, 'reverified', referenceId ?? ''));
      expect(selfie).toMatchObject({ decision: 'ACCEPT', previousReferenceId: referenceId });
    },
  );

  test('is kept for HR while a document is under review, and is there once a reviewer has accepted', async () => {
    const { client, riskos } = await bothOf();
    const reviewed = await settled(client, await post(client, 'for-audit'));
    expect(reviewed).not.toHaveProperty('referenceId');
    const decided = { event: 'decision_update', decision: 'ACCEPT' };
    await riskos.call('POST', `/admin/evaluations/${reviewed.evalId}/events`, decided);
    const accepted = await client.get(reviewed.evalId);
    expect(accepted).toMatchObject({ documentResult: 'accepted', ...reviewed.reviewedReference });
    expect(accepted).not.toHaveProperty('reviewedReference');
  });
});
