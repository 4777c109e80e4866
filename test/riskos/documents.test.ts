import { finished } from 'node:stream/promises';
import { describe, expect, it } from 'vitest';
import { ZipFile } from 'yazl';
import { evalId } from './support/answers.ts';
import { clientOf, failureOf, startAnswering, startRiskos, startTcp } from './support/server.ts';

async function zipOf(files: Record<string, Buffer>): Promise<Buffer> {
  const zip = new ZipFile();
  for (const [name, bytes] of Object.entries(files)) zip.addBuffer(bytes, name);
  zip.end();
  const chunks: Buffer[] = [];
  zip.outputStream.on('data', (chunk: Buffer) => chunks.push(chunk));
  await finished(zip.outputStream);
  return Buffer.concat(chunks);
}

const asZip = { 'content-type': 'application/zip' };
const folder = 'user_uploaded/document_verification';

describe('the documents of an evaluation', () => {
  it('come as the bytes of their ZIP', async () => {
    const zip = await zipOf({ [`${folder}/documentfrontDoc_Front_1_blob.jpg`]: Buffer.alloc(300_000, 7) });
    const riskos = await startAnswering(200, zip, asZip);
    const documents = await clientOf(riskos.url).documents(evalId);
    expect(documents.kind === 'zip' && Buffer.compare(documents.bytes, zip)).toBe(0);
    expect(riskos.received[0]).toMatchObject({
      method: 'GET',
      url: `/api/evaluation/${evalId}/documents`,
      headers: { 'accept-encoding': 'identity', 'x-api-version': '2025-01-01.orion' },
    });
  });

  it('may be an empty ZIP', async () => {
    const riskos = await startAnswering(200, await zipOf({}), { 'content-type': 'application/octet-stream' });
    expect((await clientOf(riskos.url).documents(evalId)).kind).toBe('zip');
  });

  it.each([
    { message: 'No Documents Found' },
    { error: 'No Documents Found' },
    { message: ' no documents found. ', code: 'INVALID_REQUEST' },
  ])('may be none, which is a normal answer: %j', async (body) => {
    const riskos = await startAnswering(400, body);
    expect(await clientOf(riskos.url).documents(evalId)).toEqual({ kind: 'no_documents' });
  });

  it.each([
    [400, { message: 'Invalid eval_id' }, 'DataRefused'],
    [400, 'No Documents Found', 'DataRefused'],
    [401, {}, 'AuthenticationFailed'],
    [403, {}, 'PermissionDenied'],
    [404, { message: 'Not found' }, 'NotFound'],
    [500, { message: 'No Documents Found' }, 'ServerError'],
    [200, { message: 'No Documents Found' }, 'ErrorInAnswer'],
    [200, '<html>', 'MalformedAnswer'],
    [200, '', 'MalformedAnswer'],
    [204, '', 'MalformedAnswer'],
  ])('are a named error on %d %j', async (status, body, type) => {
    const riskos = await startAnswering(status, body);
    expect(await failureOf(clientOf(riskos.url).documents(evalId))).toMatchObject({ type, status });
  });

  it('are refused above 64 MiB, by their announced length', async () => {
    const server = await startTcp((socket) =>
      socket.once('data', () =>
        socket.write(
          `HTTP/1.1 200 OK\r\ncontent-type: application/zip\r\ncontent-length: ${64 * 1024 * 1024 + 1}\r\n\r\nPK`,
        ),
      ),
    );
    const error = await failureOf(clientOf(server.url).documents(evalId));
    expect(error).toMatchObject({ type: 'OversizedAnswer', retryable: false });
  });

  it('are refused above a smaller limit, while they come', async () => {
    let sent = 0;
    const riskos = await startRiskos((_, response) => {
      response.writeHead(200, asZip);
      const chunk = Buffer.alloc(256 * 1024, 'PK');
      const more = (): void => {
        while (!response.destroyed && response.write(chunk)) sent += chunk.length;
        if (!response.destroyed) response.once('drain', more);
      };
      more();
    });
    const client = clientOf(riskos.url, { limits: { documents: 1024 * 1024 } });
    const before = process.memoryUsage().arrayBuffers;
    expect((await failureOf(client.documents(evalId))).type).toBe('OversizedAnswer');
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(24 * 1024 * 1024);
    expect(sent).toBeLessThan(24 * 1024 * 1024);
  });

  it('that break off are a lost connection, not a short ZIP', async () => {
    const zip = await zipOf({ [`${folder}/a.jpg`]: Buffer.alloc(10_000, 7) });
    const riskos = await startRiskos((_, response) => {
      response.writeHead(200, { ...asZip, 'content-length': String(zip.length) });
      response.write(zip.subarray(0, zip.length / 2), () => response.destroy());
    });
    expect(await failureOf(clientOf(riskos.url).documents(evalId))).toMatchObject({
      type: 'ConnectionLost',
      processed: 'no',
      retryable: true,
    });
  });

  it('may take longer than a call for an answer', async () => {
    const zip = await zipOf({ [`${folder}/a.jpg`]: Buffer.alloc(1000, 7) });
    const riskos = await startRiskos((request, response) => {
      if (!request.url.endsWith('/documents')) return;
      setTimeout(() => response.end(zip), 60);
    });
    const client = clientOf(riskos.url, { timeouts: { total: 30, documents: 30_000 } });
    expect((await failureOf(client.get(evalId))).type).toBe('TimedOut');
    expect((await client.documents(evalId)).kind).toBe('zip');
  });
});
