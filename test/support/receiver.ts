import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';
import type { Notice } from '../../src/contract/index.ts';

type Received = Notice & { body: string };

/** HR's system: takes notices whose signature is right, and answers as it is told. */
export interface Receiver {
  url: string;
  /** The notices that were answered with 2xx, in order. */
  received: Received[];
  /** Those that were refused. */
  refused: Received[];
  /** The status it answers with; 200 until changed. */
  status: number;
  close(): Promise<void>;
}

export async function createReceiver(secret: string): Promise<Receiver> {
  const webhook = new Webhook(secret);
  const server = createServer((incoming, outgoing) => {
    void (async () => {
      const body = await text(incoming);
      const headers = Object.fromEntries(
        Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]),
      );
      webhook.verify(body, headers);
      const notice: Received = { ...JSON.parse(body), id: String(headers['webhook-id']), body };
      (receiver.status < 300 ? receiver.received : receiver.refused).push(notice);
      outgoing.writeHead(receiver.status).end();
    })().catch(() => outgoing.writeHead(401).end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the receiver does not listen');
  const receiver: Receiver = {
    url: `http://127.0.0.1:${address.port}/hr`,
    received: [],
    refused: [],
    status: 200,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return receiver;
}
