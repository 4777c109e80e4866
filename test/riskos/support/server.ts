import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import {
  createRiskosClient,
  type RiskosClient,
  type RiskosClientOptions,
  RiskosError,
} from '../../../src/riskos/index.ts';

/** A request as it came over the wire. */
export interface Received {
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
  body: string;
}

export interface FakeRiskos {
  url: string;
  received: Received[];
  /** Resolves with the next request that is taken. */
  next(): Promise<Received>;
}

type Answering = (request: Received, response: ServerResponse) => void;

/** An HTTP server on 127.0.0.1 that plays RiskOS for one test. */
export async function startRiskos(answer: Answering): Promise<FakeRiskos> {
  const received: Received[] = [];
  const waiting: ((request: Received) => void)[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const taken = { method, url, headers, body: Buffer.concat(chunks).toString('utf8') };
      received.push(taken);
      answer(taken, response);
      for (const tell of waiting.splice(0)) tell(taken);
    });
  });
  const url = await listen(server);
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url, received, next: () => new Promise((resolve) => waiting.push(resolve)) };
}

/** Answers every request with this. */
export async function startAnswering(
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<FakeRiskos> {
  return startRiskos((_, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body));
  });
}

/** A TCP server on 127.0.0.1, for everything that no HTTP server would do. */
export async function startTcp(
  take: (socket: Socket, connections: number) => void,
): Promise<{ url: string; requests: string[]; cut: () => void }> {
  const sockets = new Set<Socket>();
  const requests: string[] = [];
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => requests.push(chunk.toString('latin1')));
    take(socket, sockets.size);
  });
  const url = await listen(server);
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  onTestFinished(() => {
    cut();
    server.close();
  });
  return { url, requests, cut };
}

function listen(server: Server): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (address === null || typeof address === 'string') return reject(new Error('no port'));
      resolve(`http://127.0.0.1:${address.port}`);
    });
  });
}

/** A port on which nobody listens. */
export async function freePort(): Promise<number> {
  const server = createTcpServer();
  const url = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  return Number(new URL(url).port);
}

export const apiKey = 'key-CANARY-0123456789';

/** A client of that server; closed when the test ends. */
export function clientOf(url: string, options: Partial<RiskosClientOptions> = {}): RiskosClient {
  const client = createRiskosClient({
    baseUrl: url,
    apiKey,
    environment: 'Sandbox',
    workflow: 'workforce_verification',
    ...options,
  });
  onTestFinished(() => client.close());
  return client;
}

/** The RiskosError with which it fails. */
export async function failureOf(promise: Promise<unknown>): Promise<RiskosError> {
  const error: unknown = await promise.then(
    () => new Error('it did not fail'),
    (reason: unknown) => reason,
  );
  if (error instanceof RiskosError) return error;
  throw error;
}
