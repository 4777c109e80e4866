import { createArchiveKey } from '../../src/archive/index.ts';
import { expect, onTestFinished, test } from 'vitest';
import { run } from '../support/processes.ts';
import { serve } from '../support/serve.ts';

/** An S3 store that takes every put, also one that must not replace what is there. */
async function archiveWithoutConditions(): Promise<Record<string, string>> {
  const store = await serve(async (incoming, outgoing) => {
    for await (const _ of incoming);
    outgoing.writeHead(200, { 'content-type': 'application/xml', date: new Date().toUTCString() });
    outgoing.end();
  });
  onTestFinished(() => store.close());
  return {
    ARCHIVE_URL: `s3://bucket/p?endpoint=${store.url}&region=us-east-1`,
    ARCHIVE_RECIPIENTS: (await createArchiveKey()).recipient,
    AWS_ACCESS_KEY_ID: 'id-of-the-tests',
    AWS_SECRET_ACCESS_KEY: 'secret-of-the-tests',
  };
}

test('a worker does not start on a store without conditional puts, and says so in one line', async () => {
  const { code, stderr } = await run(['worker'], {
    ...(await archiveWithoutConditions()),
    RISKOS_BASE_URL: 'http://127.0.0.1:1',
    RISKOS_API_KEY: 'k',
    RISKOS_ENVIRONMENT: 'Sandbox',
    PAYLOAD_ENCRYPTION: 'off',
  });
  expect(code).toBeGreaterThan(0);
  expect(stderr).toMatch(/^candidate-funnel: .*lacks a conditional put \(If-None-Match\)/m);
  expect(stderr).not.toMatch(/secret-of-the-tests|\n\s+at /);
});

test('doctor finds the fault of such a store', async () => {
  const { code, stdout } = await run(['doctor', '--json'], {
    ...(await archiveWithoutConditions()),
    TEMPORAL_ADDRESS: '127.0.0.1:9',
  });
  expect(code).toBe(1);
  expect(stdout).toMatch(/"fault"[^\n]*lacks a conditional put/);
});
