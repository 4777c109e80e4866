import { describe, expect, it } from 'vitest';
import { type Candidate, requiredFields, useCases, type UseCase } from '../../src/contract/index.ts';
import {
  type EvaluationPatch,
  type EvaluationRequest,
  parseEvaluationRequest,
  previousReferencePlacements,
  type RiskosClientOptions,
} from '../../src/riskos/index.ts';
import {
  address,
  baselineId,
  captureRequest,
  captureToken,
  complete,
  completed,
  documentRequest,
  evalId,
  evaluationId,
  type Json,
  passiveRequest,
  paused,
  person,
} from './support/answers.ts';
import { apiKey, clientOf, failureOf, type Received, startAnswering } from './support/server.ts';
import { thrownBy } from './support/thrown.ts';

const now = (): Date => new Date('2026-03-02T10:00:00.250Z');

const selfieRequest: EvaluationRequest = {
  useCase: 'selfie_reverification',
  evaluationId,
  candidate: person,
  previousReferenceId: baselineId,
  transactionToken: captureToken,
};

async function sent(
  request: EvaluationRequest,
  options: Partial<RiskosClientOptions> = {},
): Promise<Received & { json: Json }> {
  const riskos = await startAnswering(200, completed());
  await clientOf(riskos.url, { now, ...options }).create(request);
  const [received] = riskos.received;
  if (!received) throw new Error('nothing was sent');
  return { ...received, json: JSON.parse(received.body) };
}

const wireAddress = {
  line_1: '12 Harbour Lane',
  line_2: 'Flat 3',
  locality: 'Portland',
  minor_admin_division: 'Multnomah',
  major_admin_division: 'OR',
  country: 'US',
  postal_code: '97201',
};
const wirePerson = {
  given_name: 'Robin',
  family_name: 'Quill',
  email: 'robin.quill@example.com',
  phone_number: '+14155550142',
  di_session_token: 'di-session-token',
};

describe('a POST', () => {
  it('carries the key, the pinned version and no wish for compression', async () => {
    const { method, url, headers } = await sent(passiveRequest);
    expect({ method, url }).toEqual({ method: 'POST', url: '/api/evaluation' });
    expect(headers).toMatchObject({
      authorization: `Bearer ${apiKey}`,
      'x-api-version': '2025-01-01.orion',
      'content-type': 'application/json',
      accept: 'application/json',
      'accept-encoding': 'identity',
    });
    expect((await sent(passiveRequest, { apiVersion: '2026-09-01.vega' })).headers['x-api-version']).toBe(
      '2026-09-01.vega',
    );
  });

  it('has the documented shape with every field at its place', async () => {
    const { json } = await sent({
      ...passiveRequest,
      useCase: 'payroll_setup',
      candidate: { ...complete, ipAddress: '203.0.113.7' },
      individualId: 'hr-77',
      custom: { team: 'north', level: 3, remote: true },
    });
    expect(json).toEqual({
      id: evaluationId,
      timestamp: '2026-03-02T10:00:00.250Z',
      workflow: 'workforce_verification',
      data: {
        event_type: 'passive',
        event_category: 'workforce_verification',
        ip_address: '203.0.113.7',
        custom: { team: 'north', level: 3, remote: true },
        individual: {
          id: 'hr-77',
          ...wirePerson,
          address: wireAddress,
          date_of_birth: '1991-07-14',
          national_id: '123456789',
        },
      },
    });
  });

  it('leaves out what is not given', async () => {
    const { json } = await sent(documentRequest);
    expect(json['data']).toEqual({
      event_type: 'docv',
      event_category: 'workforce_verification',
      individual: wirePerson,
    });
  });

  it('carries the whole configuration of the capture', async () => {
    const { json } = await sent({
      ...documentRequest,
      documents: {
        sendMessage: false,
        language: 'de-de',
        useCaseKey: 'no_selfie',
        documentType: 'passport',
        redirect: {
          url: 'https://hr.example.com/back',
          method: 'GET',
          headers: { 'X-Hr-Token': 'abc' },
          delay: 3,
        },
      },
    });
    expect(json).toMatchObject({
      data: {
        individual: {
          docv: {
            config: {
              send_message: false,
              language: 'de-de',
              use_case_key: 'no_selfie',
              document_type: 'passport',
              redirect: {
                url: 'https://hr.example.com/back',
                method: 'GET',
                headers: { 'X-Hr-Token': 'abc' },
                delay: 3,
              },
            },
          },
        },
      },
    });
  });

  it.each([
    ['passive', 'passive'],
    ['document_verification', 'docv'],
    ['selfie_reverification', 'reverify'],
    ['payroll_setup', 'passive'],
    ['contractor_onboarding', 'passive'],
  ] as const)('names the event of %s as %s', async (useCase, eventType) => {
    const { json } = await sent(requestFor(useCase));
    expect(json).toMatchObject({ data: { event_type: eventType } });
  });

  it('names an event as the customer has configured it', async () => {
    const { json } = await sent(requestFor('payroll_setup'), { eventTypes: { payroll_setup: 'payroll' } });
    expect(json).toMatchObject({ data: { event_type: 'payroll' } });
  });
});

describe('the reference of a selfie reverification', () => {
  const docv = { send_message: true };
  const request = { ...selfieRequest, documents: { sendMessage: true } };
  const expected = {
    'data.individual.additional_context.previous_reference_id': {
      additional_context: { previous_reference_id: baselineId },
      docv: { config: docv },
    },
    'data.individual.docv.config.transaction_token': {
      docv: { config: { ...docv, transaction_token: captureToken } },
    },
    'data.individual.docv.transaction_token': { docv: { config: docv, transaction_token: captureToken } },
  };

  it.each(previousReferencePlacements)('is sent at %s and nowhere else', async (placement) => {
    const { json, body } = await sent(request, { previousReferencePlacement: placement });
    expect(json).toMatchObject({ data: { individual: expected[placement] } });
    const mentions = [baselineId, captureToken].map((text) => body.split(text).length - 1);
    expect(new Set(mentions)).toEqual(new Set([0, 1]));
  });

  it('is sent in additional_context when nothing is configured', async () => {
    const { json } = await sent(selfieRequest);
    expect(json).toMatchObject({
      data: { individual: { additional_context: { previous_reference_id: baselineId } } },
    });
    expect(JSON.stringify(json)).not.toContain('docv');
  });

  it.each(previousReferencePlacements.slice(1))('needs the transaction token for %s', async (placement) => {
    const riskos = await startAnswering(200, completed());
    const client = clientOf(riskos.url, { previousReferencePlacement: placement });
    const { transactionToken: _, ...without } = selfieRequest;
    const error = await failureOf(client.create(without));
    expect(error).toMatchObject({ type: 'InvalidRequest', fields: ['transactionToken'] });
    expect(riskos.received).toHaveLength(0);
  });
});

describe('the device data of a third party', () => {
  const device: Required<NonNullable<Candidate['externalDevice']>> = {
    id: 'device-1',
    session: 'session-1',
    fingerprint: 'fp-1',
    fingerprintProvider: 'SomeProvider',
    userAgent: 'Mozilla/5.0',
    deviceType: 'mobile',
    isKnown: true,
    firstSeenTime: '2025-10-01T10:00:00.000Z',
    lastSeenTime: '2025-12-01T15:30:00+02:00',
    timezoneMismatch: false,
    ipAddress: '203.0.113.10',
    isIpBadProxy: false,
    isIpProxy: true,
    ipRiskScore: 25.7,
    ipIsp: 'Some ISP',
    ipCountryCode: 'US',
    ipCity: 'Chicago',
    ipRegion: 'Illinois',
    isIpTor: false,
    isEmulator: false,
  };
  const wire = {
    id: 'device-1',
    session: 'session-1',
    fingerprint: 'fp-1',
    fingerprint_provider: 'SomeProvider',
    user_agent: 'Mozilla/5.0',
    device_type: 'mobile',
    is_known: true,
    first_seen_time: '2025-10-01T10:00:00.000Z',
    last_seen_time: '2025-12-01T15:30:00+02:00',
    timezone_mismatch: false,
    ip_address: '203.0.113.10',
    is_ip_bad_proxy: false,
    is_ip_proxy: true,
    ip_risk_score: 25.7,
    ip_isp: 'Some ISP',
    ip_country_code: 'US',
    ip_city: 'Chicago',
    ip_region: 'Illinois',
    is_ip_tor: false,
    is_emulator: false,
  };

  it('is sent whole, at either place', async () => {
    const candidate = { ...person, address, externalDevice: device };
    const request: EvaluationRequest = { useCase: 'passive', evaluationId, candidate };
    const inside = await sent(request);
    expect(inside.json).toMatchObject({ data: { individual: { external_device: wire } } });
    const beside = await sent(request, { externalDevicePlacement: 'data.external_device' });
    expect(beside.json).toMatchObject({ data: { external_device: wire } });
    for (const { body } of [inside, beside]) expect(body.split('"external_device"')).toHaveLength(2);
  });

  it.each([
    ['ipRiskScore', 101],
    ['deviceType', 'watch'],
    ['firstSeenTime', 'yesterday'],
    ['ipCountryCode', 'USA'],
    ['ipAddress', '203.0.113'],
  ])('is refused with a wrong %s', async (field, value) => {
    const error = thrownBy(() =>
      parseEvaluationRequest({
        ...passiveRequest,
        candidate: { ...passiveRequest.candidate, externalDevice: { [field]: value } },
      }),
    );
    expect(error).toMatchObject({ type: 'InvalidRequest', fields: [`candidate.externalDevice.${field}`] });
  });
});

describe('a request that lacks something or is wrong', () => {
  it.each(useCases)('is refused by the table of required fields, for %s', async (useCase) => {
    const riskos = await startAnswering(200, completed());
    const client = clientOf(riskos.url);
    const always = ['givenName', 'familyName', 'email', 'phoneNumber', 'diSessionToken'] as const;
    for (const field of [...always, ...requiredFields[useCase]]) {
      const request = requestFor(useCase);
      const { [field]: _, ...candidate } = { ...complete, ipAddress: undefined };
      const error = thrownBy(() => parseEvaluationRequest({ ...request, candidate }));
      expect(error).toMatchObject({
        type: 'InvalidRequest',
        fields: [`candidate.${field}`],
        processed: 'no',
        retryable: false,
        fault: 'candidate',
      });
      expect(error.message).toContain(`candidate.${field}: `);
    }
    await client.create(requestFor(useCase));
    expect(riskos.received).toHaveLength(1);
  });

  it('is not sent', async () => {
    const riskos = await startAnswering(200, completed());
    const client = clientOf(riskos.url);
    // @ts-expect-error -- a payroll setup without a national id is a compile error
    const payroll: EvaluationRequest = { useCase: 'payroll_setup', evaluationId, candidate: person };
    expect((await failureOf(client.create(payroll))).fields).toEqual([
      'candidate.address',
      'candidate.dateOfBirth',
      'candidate.nationalId',
    ]);
    // @ts-expect-error -- so is a passive check without an address
    const passive: EvaluationRequest = { useCase: 'passive', evaluationId, candidate: person };
    expect((await failureOf(client.create(passive))).fields).toEqual(['candidate.address']);
    // @ts-expect-error -- and a selfie without something to compare it with
    const selfie: EvaluationRequest = { useCase: 'selfie_reverification', evaluationId, candidate: person };
    expect((await failureOf(client.create(selfie))).fields).toEqual(['previousReferenceId']);
    expect(riskos.received).toHaveLength(0);
  });

  it.each([
    ['candidate.phoneNumber', { phoneNumber: '(415) 555-0142' }],
    ['candidate.givenName', { givenName: 'x'.repeat(241) }],
    ['candidate.familyName', { familyName: '' }],
    ['candidate.email', { email: 'robin' }],
    ['candidate.dateOfBirth', { dateOfBirth: '14.07.1991' }],
    ['candidate.address.country', { address: { ...address, country: 'USA' } }],
    ['candidate.ipAddress', { ipAddress: 'localhost' }],
  ])('is refused with the name of the field %s and without its value', (field, changes) => {
    const error = thrownBy(() =>
      parseEvaluationRequest({ ...passiveRequest, candidate: { ...complete, ...changes } }),
    );
    expect(error).toMatchObject({ type: 'InvalidRequest', fields: [field] });
    const values = Object.values(changes).filter((value) => typeof value === 'string' && value !== '');
    for (const value of values) expect(error.message).not.toContain(value);
  });

  it.each([
    ['a use case of no table', { useCase: 'background_check' }],
    ['an id with an e-mail address in it', { evaluationId: 'robin@example.com' }],
    ['an unknown field', { surprise: true }],
    ['a redirect to a script', { documents: { redirect: { url: 'javascript:alert(1)' } } }],
    ['nested custom data', { custom: { a: { b: 1 } } }],
  ])('is refused with %s', (_, changes) => {
    expect(thrownBy(() => parseEvaluationRequest({ ...passiveRequest, ...changes })).type).toBe(
      'InvalidRequest',
    );
  });

  it.each([undefined, null, 'request', 7, []])('is refused when it is %j', (value) => {
    expect(thrownBy(() => parseEvaluationRequest(value)).type).toBe('InvalidRequest');
  });
});

describe('a PATCH', () => {
  async function patched(patch: EvaluationPatch, options: Partial<RiskosClientOptions> = {}): Promise<Json> {
    const riskos = await startAnswering(200, paused({ data_enrichments: [captureRequest()] }));
    await clientOf(riskos.url, { now, ...options }).patch(evalId, patch);
    const [received] = riskos.received;
    expect(received).toMatchObject({ method: 'PATCH', url: `/api/evaluation/${evalId}` });
    return JSON.parse(received?.body ?? '');
  }

  it('carries a one-time code', async () => {
    expect(await patched({ kind: 'one_time_code', evaluationId, code: '123456' })).toEqual({
      id: evaluationId,
      timestamp: '2026-03-02T10:00:00.250Z',
      workflow: 'workforce_verification',
      data: { individual: { otp: { code: '123456' } } },
    });
  });

  it('asks for another code', async () => {
    expect(await patched({ kind: 'resend_one_time_code', evaluationId, useCase: 'passive' })).toMatchObject({
      data: { event_type: 'passive', individual: { otp: { resend: true } } },
    });
  });

  it('carries only the information that was missing', async () => {
    const patch: EvaluationPatch = {
      kind: 'information',
      evaluationId,
      candidate: { dateOfBirth: '1991-07-14', ipAddress: '203.0.113.7' },
      custom: { level: 4 },
    };
    expect((await patched(patch))['data']).toEqual({
      ip_address: '203.0.113.7',
      custom: { level: 4 },
      individual: { date_of_birth: '1991-07-14' },
    });
  });

  it('carries fresh device data to the same place as the POST does', async () => {
    const externalDevice = { id: 'device-2', isIpTor: false };
    const patch: EvaluationPatch = { kind: 'information', evaluationId, candidate: { externalDevice } };
    const wire = { id: 'device-2', is_ip_tor: false };
    expect((await patched(patch))['data']).toEqual({ individual: { external_device: wire } });
    const beside = await patched(patch, { externalDevicePlacement: 'data.external_device' });
    expect(beside['data']).toEqual({ individual: {}, external_device: wire });
  });

  it('has the id that is configured', async () => {
    const patch: EvaluationPatch = { kind: 'resend_one_time_code', evaluationId };
    expect((await patched(patch, { patchId: 'evaluationId' }))['id']).toBe(evaluationId);
    expect((await patched(patch, { patchId: 'evalId' }))['id']).toBe(evalId);
    expect(await patched(patch, { patchId: 'none' })).not.toHaveProperty('id');
  });

  it('is not sent with a code that is none', async () => {
    const riskos = await startAnswering(200, completed());
    const error = await failureOf(
      clientOf(riskos.url).patch(evalId, { kind: 'one_time_code', evaluationId, code: '12-34' }),
    );
    expect(error).toMatchObject({ type: 'InvalidRequest', fields: ['code'] });
    expect(riskos.received).toHaveLength(0);
  });
});

describe('an id in a path', () => {
  it.each(['', '../admin', 'a/b', 'a?b=c', 'x'.repeat(201), 'a b'])(
    'is refused when it is %j',
    async (id) => {
      const riskos = await startAnswering(200, completed());
      const client = clientOf(riskos.url);
      for (const call of [client.get(id), client.documents(id)]) {
        expect(await failureOf(call)).toMatchObject({ type: 'InvalidRequest', fields: ['evalId'] });
      }
      expect(riskos.received).toHaveLength(0);
    },
  );
});

function requestFor(useCase: UseCase): EvaluationRequest {
  const common = { evaluationId, candidate: complete };
  return useCase === 'selfie_reverification'
    ? { ...common, useCase, previousReferenceId: baselineId }
    : { ...common, useCase };
}
