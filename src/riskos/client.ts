import { randomUUID } from 'node:crypto';
import type { Dispatcher } from 'undici';
import { type Evaluation, riskosId, type UseCase } from '../contract/index.ts';
import { interpretEvaluation } from './answers.ts';
import { RiskosError } from './errors.ts';
import { errorOfAnswer, saysNoDocuments } from './failures.ts';
import { type Answer, callOf, exchange } from './http.ts';
import { parseJson } from './json.ts';
import { holdsError, isSuccess, processedBy, type Sent } from './processed.ts';
import { redactedAnswer, redactedRequest } from './redaction.ts';
import {
  checked,
  type EvaluationPatch,
  evaluationPatch,
  type EvaluationRequest,
  evaluationRequest,
} from './requests.ts';
import { checkedSettings, type RiskosClientOptions, type RiskosSettings } from './settings.ts';
import { createBody, patchBody } from './wire.ts';

export interface CallOptions {
  /** Stops the request; the call then rejects with `Cancelled`. */
  signal?: AbortSignal;
  /** In every log line of the call; random when absent. */
  correlationId?: string;
  /**
   * Of {@link RiskosClient.documents}: the memory that the ZIP is written to, of at most this many bytes. The answer waits
   * until it is there.
   */
  memory?: (bytes: number) => Promise<Uint8Array>;
  /** Told of each answer before it is read, to look at RiskOS itself. The body, if it is JSON, holds personal data. */
  onAnswer?: (answer: SeenAnswer) => void;
}

export interface SeenAnswer {
  /** HTTP status. */
  status: number;
  body: unknown;
}

export type Documents = { kind: 'zip'; bytes: Uint8Array } | { kind: 'no_documents' };

/**
 * The RiskOS Evaluation API. Every call is sent exactly once: when to send again is the caller's decision, because a
 * second POST is a second evaluation and a second SMS [doc]. Every failure is a {@link RiskosError}.
 */
export interface RiskosClient {
  /** `POST /api/evaluation`. */
  create(request: EvaluationRequest, call?: CallOptions): Promise<Evaluation>;
  /** `GET /api/evaluation/{evalId}`. */
  get(evalId: string, call?: CallOptions): Promise<Evaluation>;
  /** `PATCH /api/evaluation/{evalId}`: only while it is paused [doc]. */
  patch(evalId: string, patch: EvaluationPatch, call?: CallOptions): Promise<Evaluation>;
  /** `GET /api/evaluation/{evalId}/documents`: no documents is a normal answer. The bytes are RiskOS's, not checked. */
  documents(evalId: string, call?: CallOptions): Promise<Documents>;
  /** Waits for the calls under way; later ones reject with `Cancelled`. */
  close(): Promise<void>;
}

interface Call<Result> {
  method: 'GET' | 'POST' | 'PATCH';
  path: string;
  body?: object;
  documents?: boolean;
  /** Throws {@link RiskosError} for an answer that it cannot use. */
  read(answer: Answer): Result;
}

export function createRiskosClient(options: RiskosClientOptions): RiskosClient {
  const settings = checkedSettings(options);
  const { timeouts, now } = settings;
  const bounds = {
    connections: settings.connections,
    connectTimeout: timeouts.connect,
    headersTimeout: timeouts.headers,
    bodyTimeout: timeouts.body,
  };
  const reading = settings.dispatcher(settings.origin, bounds);
  // A server may close a kept connection just when the next request is written to it, and then nobody knows whether that
  // was processed; a new connection for each POST and PATCH leaves no such doubt.
  const changing = settings.dispatcher(settings.origin, { ...bounds, pipelining: 0 });
  let closing: Promise<unknown> | undefined;
  const send = <Result>(call: Call<Result>, how?: CallOptions): Promise<Result> =>
    perform(call.method === 'GET' ? reading : changing, settings, call, how);

  return {
    create: async (request, how) => {
      const valid = checked(evaluationRequest, request);
      const { evaluationId } = valid;
      const capture = captured.includes(valid.useCase);
      const call = { method: 'POST', path: '/api/evaluation' } as const;
      return send(
        {
          ...call,
          body: createBody(valid, settings, now()),
          read: (answer) => evaluationOf(answer, call, { kind: 'create', evaluationId }, settings, capture),
        },
        how,
      );
    },
    get: async (evalId, how) => {
      const call = { method: 'GET', path: pathOf(evalId) } as const;
      return send(
        { ...call, read: (answer) => evaluationOf(answer, call, { kind: 'read', evalId }, settings) },
        how,
      );
    },
    patch: async (evalId, patch, how) => {
      const call = { method: 'PATCH', path: pathOf(evalId) } as const;
      const body = patchBody(checked(evaluationPatch, patch), evalId, settings, now());
      return send(
        { ...call, body, read: (answer) => evaluationOf(answer, call, { kind: 'patch', evalId }, settings) },
        how,
      );
    },
    documents: async (evalId, how) => {
      const call = { method: 'GET', path: `${pathOf(evalId)}/documents` } as const;
      return send(
        {
          ...call,
          documents: true,
          read: (answer) => documentsOf(answer, call, { kind: 'read', evalId }, now()),
        },
        how,
      );
    },
    close: async () => {
      await (closing ??= Promise.all([reading.close(), changing.close()]));
    },
  };
}

/** The use cases in which a pause means that the candidate has to take pictures. */
const captured: readonly UseCase[] = ['document_verification', 'selfie_reverification'];

async function perform<Result>(
  dispatcher: Dispatcher,
  settings: RiskosSettings,
  call: Call<Result>,
  { signal, correlationId = randomUUID(), memory, onAnswer }: CallOptions = {},
): Promise<Result> {
  const { timeouts, limits, now } = settings;
  const name = callOf(call);
  const log = settings.logger?.child({ correlationId, call: name });
  const verbose = log?.isLevelEnabled('debug') ?? false;
  const started = now().getTime();
  if (verbose) log?.debug({ body: redactedRequest(call.body) }, 'RiskOS request');
  try {
    const answer = await exchange(dispatcher, {
      origin: settings.origin,
      method: call.method,
      path: call.path,
      headers: headersOf(call, settings),
      body: call.body && JSON.stringify(call.body),
      limit: call.documents ? limits.documents : limits.json,
      total: call.documents ? timeouts.documents : timeouts.total,
      signal,
      memory,
    });
    if (verbose) {
      const { status, body } = answer;
      const milliseconds = now().getTime() - started;
      const shown = call.documents && isSuccess(status) ? undefined : redactedAnswer(parseJson(body));
      log?.debug({ status, milliseconds, bytes: body.length, body: shown }, 'RiskOS answer');
    }
    onAnswer?.({ status: answer.status, body: parseJson(answer.body) });
    return call.read(answer);
  } catch (error) {
    if (error instanceof RiskosError) {
      const { type, status, code, processed, evalId, retryable, retryAfter } = error;
      log?.warn(
        { type, status, code, processed, evalId, retryable, retryAfter, error },
        'RiskOS call failed',
      );
    }
    throw error;
  }
}

function evaluationOf(
  { status, headers, body }: Answer,
  called: Pick<Call<Evaluation>, 'method' | 'path'>,
  sent: Sent,
  settings: RiskosSettings,
  expectCapture = false,
): Evaluation {
  const call = callOf(called);
  if (!isSuccess(status)) throw errorOfAnswer({ status, headers, body }, { call, sent, now: settings.now() });
  const json = parseJson(body);
  const about = { call, status, processed: processedBy(sent, status, json) };
  const found = interpretEvaluation(json, {
    ...about,
    environment: settings.environment,
    reasonCodes: settings.reasonCodes,
    expectCapture,
  });
  if (sent.kind === 'create') {
    if (found.evaluationId === sent.evaluationId) return found;
    // Whose it is shows when it is read.
    throw new RiskosError('WrongEvaluation', { ...about, fields: ['id'], evalId: found.evalId });
  }
  if (found.evalId === sent.evalId) return found;
  throw new RiskosError('WrongEvaluation', { ...about, fields: ['eval_id'] });
}

function documentsOf(
  answer: Answer,
  called: Pick<Call<Documents>, 'method' | 'path'>,
  sent: Sent,
  now: Date,
): Documents {
  const { status, body } = answer;
  const call = callOf(called);
  if (isSuccess(status)) {
    if (looksLikeZip(answer)) return { kind: 'zip', bytes: body };
    const type = holdsError(parseJson(body)) ? 'ErrorInAnswer' : 'MalformedAnswer';
    throw new RiskosError(type, { call, status, processed: 'no' });
  }
  if ((status === 400 || status === 404) && saysNoDocuments(parseJson(body))) return { kind: 'no_documents' };
  throw errorOfAnswer(answer, { call, sent, now });
}

/** "PK" begins a ZIP, even an empty one; its end tells one with other bytes before it. The archive judges the rest. */
function looksLikeZip({ body }: Answer): boolean {
  return (body[0] === 0x50 && body[1] === 0x4b) || body.includes('PK\x05\x06', 0, 'latin1');
}

function pathOf(evalId: string): string {
  const parsed = riskosId.safeParse(evalId);
  if (!parsed.success) {
    throw new RiskosError('InvalidRequest', { fields: ['evalId'], note: 'evalId: is not an id of RiskOS' });
  }
  return `/api/evaluation/${encodeURIComponent(parsed.data)}`;
}

export function headersOf(
  call: { body?: object; documents?: boolean },
  { apiKey, apiVersion }: Pick<RiskosSettings, 'apiKey' | 'apiVersion'>,
): Record<string, string> {
  return {
    authorization: `Bearer ${apiKey}`,
    accept: call.documents ? 'application/zip, application/json' : 'application/json',
    // A compressed answer could hide a bomb.
    'accept-encoding': 'identity',
    'x-api-version': apiVersion,
    'user-agent': 'candidate-funnel',
    ...(call.body ? { 'content-type': 'application/json' } : {}),
  };
}
