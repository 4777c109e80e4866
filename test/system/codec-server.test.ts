import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { createFunnelClient } from '../../src/client/index.ts';
import { ageWrapper, createKeyStore, createPayloadIdentity, encryptedClient } from '../../src/codec/index.ts';
import { createKeyCipher } from '../../src/codec/server/index.ts';
import { findTemporal, startDevServer } from '../../src/dev-server/index.ts';
import { openStorage } from '../../src/storage/index.ts';
import { startRig } from '../codec-server/support.ts';
import { exampleApplication } from '../support/application.ts';
import { launch } from './browser.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser?.close());

/** With WRITE_PICTURES=1 the pictures of the docs are taken anew. */
const docs = fileURLToPath(new URL('../../docs/images/', import.meta.url));

/** The page of a workflow, with its input. */
async function pageOf(uiUrl: string, workflowId: string): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  await page.goto(`${uiUrl}/namespaces/default/workflows/${workflowId}`);
  await page.getByRole('heading', { name: 'Input', exact: true }).filter({ visible: true }).first().waitFor();
  return page;
}

test('the Temporal UI shows nothing of a candidate without the codec server, and everything with it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'candidate-funnel-codec-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const pictures = process.env['WRITE_PICTURES'] ? docs : folder;
  const { identity, recipient } = await createPayloadIdentity();
  const url = pathToFileURL(join(folder, 'keys')).href;
  const keys = createKeyStore(openStorage(url), ageWrapper([recipient], identity));
  const origins: string[] = [];
  const codec = await startRig({ authentication: 'off', origins, cipher: createKeyCipher(keys) });
  const binary = await findTemporal({ env: process.env, onProgress: () => undefined });
  const dbFile = join(folder, 'temporal.db');
  const temporal = await startDevServer({ binary, dbFile, uiPort: 0 });
  const workflowId = 'funnel-app-1042';
  const connection = await Connection.connect({ address: temporal.address });
  const funnels = createFunnelClient({
    temporal: new Client({ connection, ...encryptedClient(keys) }),
    taskQueue: 'nobody-works-here',
  });
  await funnels.startFunnel(exampleApplication('app-1042'));
  await connection.close();

  const without = await pageOf(temporal.uiUrl ?? '', workflowId);
  await without.getByText('encryption-key-id').filter({ visible: true }).first().waitFor();
  await without.screenshot({ path: join(pictures, 'temporal-ui-without-codec-server.png') });
  expect(await without.content()).not.toMatch(/robin|quill|4155550142/i);
  await without.context().close();
  await temporal.stop();

  const again = await startDevServer({ binary, dbFile, uiPort: 0, uiCodecEndpoint: codec.url });
  onTestFinished(() => again.stop());
  origins.push(again.uiUrl ?? '');
  const page = await pageOf(again.uiUrl ?? '', workflowId);
  await page.getByText('robin.quill@example.com').filter({ visible: true }).first().waitFor();
  await page.screenshot({ path: join(pictures, 'temporal-ui-with-codec-server.png') });
  expect(codec.audited).toContainEqual(
    expect.objectContaining({ audit: 'decode', workflows: [workflowId], count: 1, namespace: 'default' }),
  );
  expect(codec.lines).toEqual([]);
});
