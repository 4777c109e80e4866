import { text } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';
import type { Notice } from '../../src/contract/index.ts';
import { serve, type Served } from './serve.ts';

type Received = Notice & { body: string };

/** HR's system: takes notices whose signature is right, and answers as it is told. */
export interface Receiver extends Served {
  /** The notices that were answered with 2xx, in order. */
  received: Received[];
  /** Those that were refused. */
  refused: Received[];
  /** The status it answers with; 200 until changed. */
  status: number;
}

export async function createReceiver(secret: string): Promise<Receiver> {
  const webhook = new Webhook(secret);
  const served = await serve(async (incoming, outgoing) => {
    const body = await text(incoming);
    const headers = Object.fromEntries(
      Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]),
    );
    webhook.verify(body, headers);
    const notice: Received = { ...JSON.parse(body), id: String(headers['webhook-id']), body };
    (receiver.status < 300 ? receiver.received : receiver.refused).push(notice);
    outgoing.writeHead(receiver.status).end();
  });
  const receiver: Receiver = { ...served, url: `${served.url}/hr`, received: [], refused: [], status: 200 };
  return receiver;
}
