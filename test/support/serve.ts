import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { type Dispatcher, request } from 'undici';

/** What answers HTTP in a test. */
export interface Served {
  url: string;
  close(): Promise<void>;
}

/** A server on a free port of loopback. A request that `handle` rejects gets no answer: the connection breaks. */
export async function serve(
  handle: (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void>,
): Promise<Served> {
  const server = createServer((incoming, outgoing) => {
    handle(incoming, outgoing).catch(() => outgoing.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the server does not listen');
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The same request to another server, and its answer. */
export async function forward(
  { method = 'GET', url = '/', headers }: IncomingMessage,
  body: Buffer,
  target: string,
): Promise<{ answer: Dispatcher.ResponseData; content: Buffer }> {
  const answer = await request(`${target}${url}`, {
    method,
    headers: { ...headers, host: new URL(target).host },
    ...(body.length > 0 ? { body } : {}),
  });
  return { answer, content: await buffer(answer.body) };
}
