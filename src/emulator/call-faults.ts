import { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { brokenZip, zeros } from './broken-zips.ts';
import type { Engine } from './engine.ts';
import { refusal } from './errors.ts';
import type { Call, CallFault, Faults, Target } from './faults.ts';
import { json, mergePatch } from './json.ts';
import { targetOf } from './notifier.ts';
import type { Stage } from './stage.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    call?: Call;
  }
  interface FastifyRequest {
    faults: readonly CallFault[];
  }
}

type Answer = Extract<CallFault, { kind: 'answer' }>;

/** Spoils the answers of the API as the faults say. */
export function spoilCalls(
  app: FastifyInstance,
  parts: { engine: Engine; faults: Faults; stage: Stage },
): void {
  const { engine, faults, stage } = parts;
  const nobody: Target = { id: '', who: '', own: [] };

  function target(call: Call, request: FastifyRequest): Target {
    if (call === 'create') return engine.preview(request.body) ?? nobody;
    const evalId = new Map(Object.entries(Object(request.params))).get('evalId');
    const evaluation = typeof evalId === 'string' ? engine.evaluations.get(evalId) : undefined;
    return evaluation ? targetOf(evaluation) : nobody;
  }

  app.decorateRequest('faults');

  app.addHook('onRequest', async (request) => {
    request.faults = [];
  });

  app.addHook('preHandler', async (request, reply) => {
    const { call } = request.routeOptions.config;
    if (!call) return;
    const struck = faults.atCall(call, target(call, request));
    request.faults = struck;
    for (const fault of struck) {
      if (!('when' in fault) || fault.when === 'after') continue;
      if (fault.kind === 'latency') await stage.wait(fault.ms);
      else {
        // Not processed, so nothing that concerns a processed request applies.
        request.faults = [];
        if (fault.kind === 'answer') return reply.send(instead(reply, fault));
        reply.hijack();
        request.raw.socket.destroy();
        return reply;
      }
    }
  });

  app.addHook('onSend', async (request, reply, payload) => {
    if (reply.statusCode >= 300) return payload;
    let body: unknown = payload;
    for (const fault of request.faults) body = await spoiled(request, reply, fault, body);
    return body;
  });

  async function spoiled(
    request: FastifyRequest,
    reply: FastifyReply,
    fault: CallFault,
    payload: unknown,
  ): Promise<unknown> {
    if ('when' in fault && fault.when === 'before') return payload;
    const whole = bytesOf(payload);
    switch (fault.kind) {
      case 'early':
        return payload;
      case 'latency':
        await stage.wait(fault.ms);
        return payload;
      case 'answer':
        return instead(reply, fault);
      case 'cut':
        request.raw.socket.destroy();
        return payload;
      case 'truncated':
        reply.header('content-length', whole.length);
        return Readable.from(halfOf(whole));
      case 'slow':
        return Readable.from(slowly(whole, fault.ms));
      case 'malformed':
        return whole.subarray(0, Math.floor(whole.length / 2));
      case 'huge':
        return JSON.stringify(mergePatch(jsonOf(whole), { filler: 'x'.repeat(fault.bytes) }));
      case 'gzip_bomb':
        reply.header('content-encoding', 'gzip');
        return Readable.from(zeros(fault.bytes)).pipe(createGzip());
      case 'zip':
        return await brokenZip(fault.zip, whole);
      case 'change':
        return JSON.stringify(mergePatch(jsonOf(whole), fault.change));
    }
  }

  async function* slowly(whole: Buffer, ms: number): AsyncGenerator<Buffer> {
    const pieces = 10;
    const length = Math.ceil(whole.length / pieces);
    for (let at = 0; at < whole.length; at += length) {
      yield whole.subarray(at, at + length);
      await stage.wait(ms / pieces);
    }
  }
}

/** Another answer: the body as it is, or RiskOS's error body for the code. */
function instead(reply: FastifyReply, fault: Answer): string {
  const { status, code, headers, body } = fault;
  reply.code(status);
  const text = typeof body === 'string';
  reply.type(text && body.trimStart().startsWith('<') ? 'text/html' : 'application/json');
  for (const [name, value] of Object.entries(headers)) reply.header(name, value);
  if (text) return body;
  if (body !== undefined) return JSON.stringify(body);
  if (code) return JSON.stringify(refusal(status, code, `The emulator was asked to answer ${code}.`).body);
  return JSON.stringify(
    status >= 500 ? { error: 'Internal Server Error' } : { message: `Answered ${status}` },
  );
}

async function* halfOf(whole: Buffer): AsyncGenerator<Buffer> {
  yield whole.subarray(0, Math.floor(whole.length / 2));
  throw new Error('cut in the middle of the body, as a fault asked for');
}

function bytesOf(payload: unknown): Buffer {
  if (Buffer.isBuffer(payload)) return payload;
  return Buffer.from(typeof payload === 'string' ? payload : '');
}

function jsonOf(whole: Buffer) {
  return json.parse(JSON.parse(whole.toString('utf8')));
}
