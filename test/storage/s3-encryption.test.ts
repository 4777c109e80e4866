import type { IncomingHttpHeaders } from 'node:http';
import { expect, test } from 'vitest';
import type { Storage } from '../../src/storage/index.ts';
import { serve } from '../support/serve.ts';
import { storageAt } from './s3-at.ts';

/** A store that takes everything: the headers with which an object or an upload was begun. */
async function takingAll(query: string): Promise<{ storage: Storage; begun: IncomingHttpHeaders[] }> {
  const begun: IncomingHttpHeaders[] = [];
  const served = await serve(async (incoming, outgoing) => {
    for await (const _ of incoming);
    const { method, url = '', headers } = incoming;
    const isPart = url.includes('uploadId=');
    if (!isPart) begun.push(headers);
    outgoing.writeHead(200, { 'content-type': 'application/xml', etag: '"e"' });
    if (method === 'PUT') return void outgoing.end();
    outgoing.end(
      isPart
        ? '<CompleteMultipartUploadResult><ETag>"e"</ETag></CompleteMultipartUploadResult>'
        : '<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>',
    );
  });
  return { storage: storageAt(served, query), begun };
}

async function* ofTwoParts(): AsyncGenerator<Uint8Array> {
  for (let nth = 0; nth < 3; nth++) yield Buffer.alloc(5 * 1024 ** 2, nth);
}

async function* ofOnePart(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('x');
}

const key = 'arn:aws:kms:eu-central-1:111122223333:key/1234';
const expected: [string, Record<string, string | undefined>][] = [
  ['', { 'x-amz-server-side-encryption': undefined }],
  ['&sse=AES256', { 'x-amz-server-side-encryption': 'AES256' }],
  ['&sse=aws:kms', { 'x-amz-server-side-encryption': 'aws:kms' }],
  [
    `&sse=aws:kms&kms-key=${key}`,
    { 'x-amz-server-side-encryption': 'aws:kms', 'x-amz-server-side-encryption-aws-kms-key-id': key },
  ],
];

test.each(expected)('each object is stored with the encryption of the URL: "%s"', async (query, headers) => {
  const { storage, begun } = await takingAll(query);
  await storage.putIfAbsent('record', Buffer.from('x'));
  await storage.putIfAbsent('small', ofOnePart());
  await storage.putIfAbsent('large', ofTwoParts());
  expect(begun).toHaveLength(3);
  for (const sent of begun) {
    for (const [name, value] of Object.entries(headers)) expect(sent[name]).toBe(value);
  }
});
