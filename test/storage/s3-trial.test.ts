import { expect, test } from 'vitest';
import { serve } from '../support/serve.ts';
import { storageAt } from './s3-at.ts';

interface Answer {
  status: number;
  code?: string;
  body?: string;
}

/** A store of one object, which answers the questions about holds as given: `legal-hold` and `retention`. */
async function storeWith(holds: Record<string, Answer>) {
  let object: { key: string; body: Buffer } | undefined;
  const answerTo = (method: string, url: URL, body: Buffer): Answer => {
    const asked = Object.keys(holds).find((name) => url.searchParams.has(name));
    const key = decodeURIComponent(url.pathname.replace('/bucket/', ''));
    if (asked !== undefined) return holds[asked] ?? { status: 500 };
    if (url.searchParams.has('uploads')) return { status: 200, body: '<ListMultipartUploadsResult/>' };
    if (url.searchParams.has('versions')) {
      const version = `<Version><Key>${object?.key}</Key><VersionId>null</VersionId><IsLatest>true</IsLatest><Size>5</Size></Version>`;
      return { status: 200, body: `<ListVersionsResult>${object ? version : ''}</ListVersionsResult>` };
    }
    if (method === 'PUT' && object) return { status: 412, code: 'PreconditionFailed' };
    if (method === 'PUT') object = { key, body };
    if (method === 'DELETE') object = undefined;
    if (method === 'PUT' || method === 'DELETE') return { status: 200 };
    return object ? { status: 200, body: object.body.toString() } : { status: 404, code: 'NoSuchKey' };
  };
  const served = await serve(async (incoming, outgoing) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const url = new URL(incoming.url ?? '', 'http://store');
    const { status, code, body = '' } = answerTo(incoming.method ?? '', url, Buffer.concat(chunks));
    outgoing.writeHead(status, { 'content-type': 'application/xml' });
    const text = code === undefined ? body : `<Error><Code>${code}</Code></Error>`;
    outgoing.end(incoming.method === 'HEAD' ? '' : text);
  });
  return storageAt(served);
}

const denied = { status: 403, code: 'AccessDenied' };
const without = { status: 400, code: 'InvalidRequest' };
const unset = { status: 404, code: 'NoSuchObjectLockConfiguration' };
const unknown = { status: 501, code: 'NotImplemented' };
const off = { status: 200, body: '<LegalHold><Status>OFF</Status></LegalHold>' };

test.each([
  ['may not ask for a legal hold', { 'legal-hold': denied, retention: unset }],
  ['may not ask for a retention', { 'legal-hold': unset, retention: denied }],
])('the trial names a limit where the credentials %s', async (_, holds) => {
  const storage = await storeWith(holds);
  expect(await storage.tryOut()).toEqual(['holds_not_visible']);
});

test.each([
  ['has no Object Lock', { 'legal-hold': without, retention: without }],
  ['does not know Object Lock', { 'legal-hold': unknown, retention: unknown }],
  ['has Object Lock and no hold', { 'legal-hold': unset, retention: unset }],
  ['has a hold that ended', { 'legal-hold': off, retention: unset }],
])('the trial names no limit where the store %s', async (_, holds) => {
  const storage = await storeWith(holds);
  expect(await storage.tryOut()).toEqual([]);
});
