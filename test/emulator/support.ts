import fastify from 'fastify';
import { onTestFinished, vi } from 'vitest';
import { z } from 'zod';
import { type EmulatorOptions, startEmulator } from '../../src/emulator/index.ts';

const apiKey = 'key-of-the-tests';
export const webhookToken = 'token-of-the-subscriber';

const delivery = z.looseObject({
  event_id: z.string(),
  event_at: z.string(),
  event_type: z.string(),
  data: z.looseObject({ id: z.string(), eval_id: z.string().optional() }),
});
export type Delivery = z.output<typeof delivery>;

/** Somebody who receives webhooks over real HTTP; `answers` are used up one by one, then it is 200. */
export async function subscriber(answers: number[] = []) {
  const received: Delivery[] = [];
  const authorizations: (string | undefined)[] = [];
  const app = fastify();
  app.post('/webhooks', async (request, reply) => {
    authorizations.push(request.headers.authorization);
    const status = answers.shift() ?? 200;
    if (status === 200) received.push(delivery.parse(request.body));
    return reply.code(status).send();
  });
  const url = `${await app.listen({ host: '127.0.0.1', port: 0 })}/webhooks`;
  onTestFinished(() => app.close());
  return {
    url,
    received,
    authorizations,
    types: () => received.map(({ event_type }) => event_type),
    /** Waits for one of that type; of several, the first. */
    next: (type: string): Promise<Delivery> =>
      until(() => received.find(({ event_type }) => event_type === type), `a webhook ${type}`),
  };
}
export type Subscriber = Awaited<ReturnType<typeof subscriber>>;

/** Waits for a condition, not for a time. */
export function until<T>(probe: () => T | undefined | Promise<T | undefined>, what: string): Promise<T> {
  return vi.waitFor(
    async () => {
      const value = await probe();
      if (value === undefined) throw new Error(`still waiting for ${what}`);
      return value;
    },
    { timeout: 15_000, interval: 5 },
  );
}

const answer = z.looseObject({
  id: z.string(),
  eval_id: z.string(),
  eval_status: z.string(),
  decision: z.string(),
  status: z.string(),
  sub_status: z.string(),
  tags: z.array(z.string()).nullable(),
  environment_name: z.string(),
  eval_start_time: z.string(),
  redirect_uri: z.string().optional(),
  data_enrichments: z.array(
    z.looseObject({
      enrichment_provider: z.string(),
      error: z.string().optional(),
      error_message: z.string().optional(),
      response: z
        .looseObject({
          referenceId: z.string().optional(),
          status: z.string().optional(),
          data: z
            .looseObject({ url: z.string(), qrCode: z.string(), docvTransactionToken: z.string() })
            .optional(),
          documentVerification: z
            .looseObject({
              decision: z.strictObject({ name: z.string(), value: z.string() }).optional(),
              documentType: z.looseObject({ type: z.string().optional() }),
              reasonCodes: z.array(z.string()),
            })
            .optional(),
          selfieReverification: z
            .looseObject({
              decision: z.strictObject({ strategy: z.string(), value: z.string() }),
              previousReferenceId: z.string(),
              reasonCodes: z.array(z.string()),
            })
            .optional(),
        })
        .nullable()
        .optional(),
    }),
  ),
});
export type Answer = z.output<typeof answer>;

export function captureOf(evaluation: Answer) {
  const request = evaluation.data_enrichments.find((one) => one.enrichment_provider === 'SocureDocRequest');
  const data = request?.response?.data;
  if (!data) throw new Error('no Document Request');
  return { ...data, referenceId: request?.response?.referenceId };
}

export function verificationOf(evaluation: Answer) {
  return evaluation.data_enrichments.find((one) => one.response?.documentVerification)?.response;
}

export function selfieOf(evaluation: Answer) {
  const found = evaluation.data_enrichments.find((one) => one.response?.selfieReverification);
  return found?.response?.selfieReverification;
}

let count = 0;

/** A POST's body; `custom.scenario` and the rest as asked. */
export function body(eventType: string | undefined, scenario?: string, individual: object = {}, id?: string) {
  count += 1;
  return {
    id: id ?? `request-${count}`,
    timestamp: '2026-03-01T09:00:00Z',
    workflow: 'hiring',
    data: {
      ...(eventType === undefined ? {} : { event_type: eventType }),
      event_category: 'workforce_verification',
      ip_address: '192.0.2.17',
      individual: {
        id: `person-${count}`,
        given_name: 'Ada',
        family_name: 'Muster',
        email: 'ada@example.test',
        phone_number: '+14155550142',
        di_session_token: 'session-of-ada',
        address: { line_1: '1 Any Road', locality: 'Salem', major_admin_division: 'OR', country: 'US' },
        ...individual,
      },
      ...(scenario === undefined ? {} : { custom: { scenario } }),
    },
  };
}

/** An emulator, closed when the test ends, and a plain HTTP client of it. */
export async function emulator(options: Partial<EmulatorOptions> & { subscriber?: Subscriber } = {}) {
  const { subscriber: to, ...rest } = options;
  const running = await startEmulator({
    apiKey,
    pace: 1,
    retry: { firstDelay: 1, longestDelay: 4 },
    ...(to ? { webhook: { url: to.url, auth: { type: 'bearer', token: webhookToken } } } : {}),
    ...rest,
  });
  onTestFinished(() => running.close());

  async function call(method: string, path: string, sent?: unknown, key = apiKey) {
    const response = await fetch(`${running.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        'x-api-version': '2025-01-01.orion',
        ...(sent === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(sent === undefined ? {} : { body: typeof sent === 'string' ? sent : JSON.stringify(sent) }),
    });
    const bytes = Buffer.from(await response.arrayBuffer());
    const json = (): unknown => JSON.parse(bytes.toString('utf8'));
    return { status: response.status, headers: response.headers, bytes, json };
  }

  async function read(evalId: string): Promise<Answer> {
    return answer.parse((await call('GET', `/api/evaluation/${evalId}`)).json());
  }

  return {
    ...running,
    call,
    read,
    /** A POST that must be taken. */
    async create(sent: object, status?: 200 | 201): Promise<Answer> {
      const response = await call('POST', '/api/evaluation', sent);
      if (response.status !== (status ?? response.status) || response.status >= 300) {
        throw new Error(`POST answered ${response.status}: ${response.bytes.toString('utf8')}`);
      }
      return answer.parse(response.json());
    },
    completed: (evalId: string): Promise<Answer> =>
      until(async () => {
        const evaluation = await read(evalId);
        return evaluation.eval_status === 'evaluation_completed' ? evaluation : undefined;
      }, `the end of ${evalId}`),
  };
}
export type TestEmulator = Awaited<ReturnType<typeof emulator>>;
