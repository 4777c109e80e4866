import * as fc from 'fast-check';
import pino, { type Level, type Logger } from 'pino';
import { describe, expect, it } from 'vitest';
import { redactedAnswer, redactedRequest } from '../../src/riskos/redaction.ts';
import {
  captureRequest,
  completed,
  evalId,
  evaluationId,
  imageRequest,
  type Json,
  paused,
  verification,
} from './support/answers.ts';
import { apiKey, clientOf, failureOf, startAnswering } from './support/server.ts';
import { property } from '../support/property.ts';

function recording(level: Level): { logger: Logger; lines: Json[]; text: () => string } {
  const lines: Json[] = [];
  const logger = pino({ level }, { write: (line: string) => lines.push(JSON.parse(line)) });
  return { logger, lines, text: () => JSON.stringify(lines) };
}

const canary = (name: string): string => `CANARY-${name}`;

const candidate = {
  givenName: canary('given'),
  familyName: canary('family'),
  email: 'CANARY-email@example.com',
  phoneNumber: '+14155559999',
  diSessionToken: canary('token'),
  dateOfBirth: '1991-07-14',
  nationalId: canary('national'),
  ipAddress: '203.0.113.99',
  externalDevice: { id: canary('device'), ipIsp: canary('isp') },
  address: { line1: canary('line'), locality: canary('town'), country: 'US', postalCode: canary('zip') },
};

const request = {
  useCase: 'payroll_setup',
  evaluationId,
  individualId: 'CANARY-individual',
  candidate,
  custom: { [canary('key')]: canary('value') },
  documents: {
    sendMessage: true,
    redirect: { url: 'https://CANARY.example.com', headers: { a: canary('header') } },
  },
} as const;

const secrets = [
  'CANARY',
  '+14155559999',
  '1991-07-14',
  '203.0.113.99',
  apiKey,
  'QRCANARY',
  'Robin',
  'Quill',
];

const answer = completed({
  notes: canary('notes'),
  sub_status: canary('sub'),
  review_queues: [canary('queue')],
  tags: [canary('tag'), 'docv_error'],
  [canary('unknown')]: canary('unknown'),
  data_enrichments: [
    captureRequest({ request: { firstName: canary('given') } }),
    verification({ documentData: { firstName: canary('given') } }),
    imageRequest({ error_message: canary('error'), enrichment_name: canary('name') }),
  ],
});

describe('the debug log', () => {
  it('shows a call and its answer, each with the correlation id', async () => {
    const riskos = await startAnswering(200, answer);
    const { logger, lines } = recording('debug');
    const clock = [0, 0, 250].map((milliseconds) => new Date(milliseconds));
    const now = (): Date => clock.shift() ?? new Date(250);
    await clientOf(riskos.url, { logger, now }).create(request, { correlationId: 'correlation-7' });
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatchObject({
      level: 20,
      correlationId: 'correlation-7',
      call: 'POST /api/evaluation',
      msg: 'RiskOS request',
      body: {
        id: evaluationId,
        timestamp: '1970-01-01T00:00:00.000Z',
        workflow: 'workforce_verification',
        data: {
          event_type: 'passive',
          individual: { docv: { config: { send_message: true, redacted: 1 } }, redacted: 10 },
          redacted: 2,
        },
      },
    });
    expect(lines[1]).toMatchObject({
      correlationId: 'correlation-7',
      msg: 'RiskOS answer',
      status: 200,
      milliseconds: 250,
      body: {
        id: evaluationId,
        eval_id: evalId,
        decision: 'ACCEPT',
        eval_status: 'evaluation_completed',
        environment_name: 'Sandbox',
        tags: ['docv_error'],
        data_enrichments: [
          { enrichment_provider: 'SocureDocRequest' },
          { response: { documentVerification: { reasonCodes: ['I831', 'I836'] } } },
          { enrichment_provider: 'SocureImageRequest' },
        ],
      },
    });
  });

  it('has no personal data and no secret in it', async () => {
    const riskos = await startAnswering(200, answer);
    const { logger, text, lines } = recording('trace');
    const client = clientOf(riskos.url, { logger });
    await client.create(request);
    await client.get(evalId);
    await client.patch(evalId, { kind: 'information', evaluationId, candidate });
    await client.patch(evalId, { kind: 'one_time_code', evaluationId, code: '862074' });
    expect(lines).toHaveLength(8);
    for (const secret of [...secrets, '862074', 'verify.socure.example', '9d7cf8b2']) {
      expect(text()).not.toContain(secret);
    }
  });

  it('has no personal data in it when RiskOS refuses and repeats what was sent', async () => {
    const body = {
      message: `${candidate.email} is taken`,
      error: candidate.nationalId,
      code: 'INVALID_PAYLOAD',
      details: candidate,
      invalid_args: [
        { field: 'data.individual.email', description: candidate.email },
        { field: candidate.email },
      ],
    };
    const riskos = await startAnswering(400, body);
    const { logger, text, lines } = recording('trace');
    const error = await failureOf(clientOf(riskos.url, { logger }).create(request));
    logger.error({ err: error }, error.message);
    expect(lines[2]).toMatchObject({ level: 40, type: 'DataRefused', code: 'INVALID_PAYLOAD', status: 400 });
    for (const secret of secrets) expect(text() + JSON.stringify(error)).not.toContain(secret);
  });

  it('shows nothing of a ZIP but its size', async () => {
    const riskos = await startAnswering(200, `PK${canary('image')}`, { 'content-type': 'application/zip' });
    const { logger, lines, text } = recording('debug');
    await clientOf(riskos.url, { logger }).documents(evalId);
    expect(lines[1]).toMatchObject({ status: 200, bytes: 14 });
    expect(text()).not.toContain('CANARY');
  });

  it('gives a call without a correlation id one of its own', async () => {
    const riskos = await startAnswering(200, completed());
    const { logger, lines } = recording('debug');
    const client = clientOf(riskos.url, { logger });
    await Promise.all([client.get(evalId), client.get(evalId)]);
    const ids = lines.map(({ correlationId }) => correlationId);
    expect(new Set(ids).size).toBe(2);
    expect(ids.every((id) => typeof id === 'string' && id.length === 36)).toBe(true);
  });
});

describe('the usual log', () => {
  it('is silent when all is well, and has one line for a failure', async () => {
    const riskos = await startAnswering(200, completed());
    const { logger, lines } = recording('info');
    const client = clientOf(riskos.url, { logger });
    await client.get(evalId);
    expect(lines).toEqual([]);
    await failureOf(client.get('another'));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({
      level: 40,
      type: 'WrongEvaluation',
      call: 'GET /api/evaluation/another',
    });
  });
});

describe('redaction', () => {
  it('shows at most 50 items of a list', () => {
    const tags = Array.from({ length: 60 }, (_, index) => ({
      enrichment_provider: `Socure${'x'.repeat(index % 5)}`,
    }));
    const shown = JSON.stringify(redactedAnswer({ data_enrichments: tags }));
    expect(shown.match(/enrichment_provider/g)).toHaveLength(50);
  });

  it('logs a capture without the link that opens it', () => {
    const shown = JSON.stringify(redactedAnswer(paused({ data_enrichments: [captureRequest()] })));
    expect(shown).toContain('SocureDocRequest');
    expect(shown).not.toContain('verify.socure.example');
  });

  it('leaves out a harmless field that holds something else', () => {
    expect(redactedAnswer({ decision: 'Robin Quill, 12 Harbour Lane', status: { a: 1 }, id: 'a b' })).toEqual(
      {
        redacted: 3,
      },
    );
  });

  property([fc.anything({ withNullPrototype: true })])('takes anything', (value) => {
    JSON.stringify([redactedAnswer(value), redactedRequest(value)]);
  });

  const canaries = fc
    .jsonValue({ maxDepth: 4 })
    .map((value) =>
      JSON.parse(JSON.stringify(value), (_, inner: unknown) =>
        typeof inner === 'string' ? `CANARY/${inner}` : inner,
      ),
    );
  property([fc.dictionary(fc.constantFrom(...Object.keys(answer), 'data', 'code'), canaries)])(
    'shows no text that is not of the expected form',
    (value) => {
      expect(JSON.stringify([redactedAnswer(value), redactedRequest(value)])).not.toContain('CANARY/');
    },
  );
});
