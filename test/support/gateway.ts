import type { IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { forward, serve, type Served } from './serve.ts';

/** What stands between the worker and RiskOS, and what a test may do to one request. */
export interface Gateway extends Served {
  /** Requests that were let through to RiskOS, as `METHOD path`. */
  passed: string[];
  /** Called for each request; whatever it returns is done to it. Passes all when unset. */
  meddle: (call: { method: string; path: string; nth: number }) => Meddling | Promise<Meddling>;
}

/**
 * `pass`; `cut_before`: the connection breaks and RiskOS never sees it; `cut_after`: RiskOS does it, the answer is lost;
 * a status and body: answered here, RiskOS never sees it; `hold_after`: RiskOS does it, the answer comes when `until`
 * resolves.
 */
export type Meddling =
  | 'pass'
  | 'cut_before'
  | 'cut_after'
  | { status: number; body: string; headers?: Record<string, string> }
  | { hold_after: () => Promise<void> }
  | { hold_before: () => Promise<void> };

export async function createGateway(target: string): Promise<Gateway> {
  const counts = new Map<string, number>();
  async function handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { method = 'GET', url: path = '/' } = incoming;
    const body = await buffer(incoming);
    const nth = (counts.get(method) ?? 0) + 1;
    counts.set(method, nth);
    const meddling = await gateway.meddle({ method, path, nth });
    if (meddling === 'cut_before') return void outgoing.destroy();
    if (typeof meddling === 'object' && 'status' in meddling) {
      outgoing.writeHead(meddling.status, { 'content-type': 'application/json', ...meddling.headers });
      return void outgoing.end(meddling.body);
    }
    if (typeof meddling === 'object' && 'hold_before' in meddling) {
      await meddling.hold_before();
      if (outgoing.destroyed) return;
    }
    const { answer, content } = await forward(incoming, body, target);
    gateway.passed.push(`${method} ${path}`);
    if (meddling === 'cut_after') return void outgoing.destroy();
    if (typeof meddling === 'object' && 'hold_after' in meddling) await meddling.hold_after();
    outgoing.writeHead(answer.statusCode, { 'content-type': String(answer.headers['content-type']) });
    outgoing.end(content);
  }

  const gateway: Gateway = { ...(await serve(handle)), passed: [], meddle: () => 'pass' };
  return gateway;
}

/** A promise, and what resolves it. */
export function gate(): { opened: Promise<void>; open: () => void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
