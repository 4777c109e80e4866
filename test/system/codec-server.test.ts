import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { RawValue } from '@temporalio/common';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { fromWire } from '../../src/codec/server/wire.ts';
import { findTemporal, startDevServer } from '../../src/dev-server/index.ts';
import { ask, clear, startRig } from '../codec-server/support.ts';
import { exampleApplication } from '../support/application.ts';
import { launch } from './browser.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser?.close());

const pictures = fileURLToPath(new URL('../../docs/images/', import.meta.url));

/** The page of a workflow's history, with its input open. */
async function historyOf(uiUrl: string, workflowId: string): Promise<Page> {
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
  const origins: string[] = [];
  const codec = await startRig({ authentication: 'off', origins });
  const binary = await findTemporal({ env: process.env, onProgress: () => undefined });
  const dbFile = join(folder, 'temporal.db');
  const temporal = await startDevServer({ binary, dbFile, uiPort: 0 });
  const application = exampleApplication('app-1042');
  const workflowId = 'funnel-app-1042';
  const encoded = await ask(codec.url, {
    path: `/encode?workflowId=${workflowId}`,
    headers: { origin: undefined },
    payloads: [clear(application)],
  });
  const connection = await Connection.connect({ address: temporal.address });
  const client = new Client({ connection });
  await client.workflow.start('candidateFunnel', {
    workflowId,
    taskQueue: 'nobody-works-here',
    args: encoded.payloads.map((payload) => RawValue.fromPayload(fromWire(payload))),
  });
  await connection.close();

  const without = await historyOf(temporal.uiUrl ?? '', workflowId);
  await without.getByText('"encoding"').first().waitFor();
  await without.screenshot({ path: join(pictures, 'temporal-ui-without-codec-server.png') });
  expect(await without.content()).not.toContain('robin.quill');
  await without.context().close();
  await temporal.stop();

  const again = await startDevServer({ binary, dbFile, uiPort: 0, uiCodecEndpoint: codec.url });
  onTestFinished(() => again.stop());
  origins.push(again.uiUrl ?? '');
  const page = await historyOf(again.uiUrl ?? '', workflowId);
  await page.getByText('robin.quill@example.com').first().waitFor();
  await page.screenshot({ path: join(pictures, 'temporal-ui-with-codec-server.png') });
  expect(codec.audited.at(-1)).toMatchObject({ audit: 'decode', workflows: [workflowId] });
  expect(codec.lines).toEqual([]);
});
