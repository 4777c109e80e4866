import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { NoticeBody } from 'candidate-funnel/contract';
import { Webhook } from 'standardwebhooks';

const webhook = new Webhook(process.env['NOTIFY_SECRET'] ?? ''); // one of the worker's NOTIFY_SECRETS
const seen = new Set<string>(); // a table in your database

createServer((request, response) => {
  receive(request, response).catch(() => response.writeHead(500).end()); // 5xx: the notice is sent again
}).listen(8000, '127.0.0.1');

async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await text(request);
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
  );
  try {
    webhook.verify(body, headers);
  } catch {
    response.writeHead(401).end();
    return;
  }
  const delivery = String(headers['webhook-id']);
  if (!seen.has(delivery)) {
    handle(JSON.parse(body));
    seen.add(delivery); // after the work, so that a crash repeats it
  }
  response.writeHead(204).end();
}

function handle(notice: NoticeBody): void {
  if (notice.type !== 'funnel.changed') return;
  const { applicationId, stage, nextAction } = notice.data;
  process.stdout.write(`${applicationId} ${stage} ${nextAction.kind}\n`);
}
