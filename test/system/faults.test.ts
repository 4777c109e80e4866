import { randomBytes } from 'node:crypto';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { Client } from '@temporalio/client';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Funnel } from '../../src/client/index.ts';
import { ageWrapper, createKeyStore, createPayloadIdentity, encryptedClient } from '../../src/codec/index.ts';
import { type MetricProcess, riskosEventSignal, workflowIdOf } from '../../src/contract/index.ts';
import { type DevServer, findTemporal, startDevServer } from '../../src/dev-server/index.ts';
import { openStorage } from '../../src/storage/index.ts';
import { faultsOfRunbook } from '../monitoring/runbook.ts';
import { run } from '../support/processes.ts';
import { exampleApplication } from '../support/application.ts';
import { token } from '../support/constants.ts';
import { createGateway, type Gateway } from '../support/gateway.ts';
import { createInstallation, type Installation } from '../support/installation.ts';
import { valueOf } from '../support/metrics.ts';
import { quickPolicy, until } from '../support/world.ts';
import { type Prometheus, startPrometheus } from './prometheus.ts';
import { createStore, type Store } from './store.ts';
import { credentials, type S3Server, startS3Server } from './versitygw.ts';

let folder: string;
let server: DevServer;
let startServer: (port?: number) => Promise<DevServer>;
let s3: S3Server;
let store: Store;
let gateway: Gateway;
let place: Installation;
let prometheus: Prometheus;

/** Milliseconds; eight processes share the machine. */
const patience = 240_000;

const processes: MetricProcess[] = ['worker', 'relay', 'codec-server', 'monitor'];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'candidate-funnel-faults-'));
  const binary = await findTemporal({ env: process.env, onProgress: () => {} });
  const dbFile = join(folder, 'temporal.sqlite');
  startServer = (port = 0) => startDevServer({ binary, uiPort: false, dbFile, port });
  server = await startServer();
  s3 = await startS3Server();
  await s3.admin.send(new CreateBucketCommand({ Bucket: 'funnel' }));
  store = await createStore(s3.endpoint);
  vi.stubEnv('AWS_ACCESS_KEY_ID', credentials.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', credentials.secretAccessKey);
  const urlOf = (prefix: string) => `s3://funnel/${prefix}?endpoint=${store.url}&region=us-east-1`;
  const taskQueue = `faults-${randomBytes(4).toString('hex')}`;
  place = await createInstallation(server.address, taskQueue, {
    settings: { ARCHIVE_URL: urlOf('images'), KEY_STORE_URL: urlOf('keys') },
  });
  gateway = await createGateway(place.emulator.url);
  place.settings['RISKOS_BASE_URL'] = gateway.url;
  const setup = await run(['setup'], place.settings);
  if (setup.code !== 0) throw new Error(setup.stderr);
  for (const name of processes) await place.start(name);
  prometheus = await startPrometheus(
    processes.map((name) => ({ job: `candidate-funnel-${name}`, target: new URL(place.urls[name]).host })),
  );
}, 300_000);
afterAll(async () => {
  await prometheus?.stop();
  await place?.close();
  await gateway?.close();
  await store?.close();
  await s3?.stop();
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
  vi.unstubAllEnvs();
});

interface Policy {
  start?: 'immediately' | 'on_request';
  first?: string;
}

async function start(name: string, { start: documents = 'immediately', first = '10 minutes' }: Policy = {}) {
  const applicationId = `${name}-${randomBytes(4).toString('hex')}`;
  const policy = {
    ...quickPolicy,
    documents: { ...quickPolicy.documents, start: documents },
    reconciliation: { first, longest: first },
  };
  return place.funnels.startFunnel(
    exampleApplication(applicationId, { custom: { scenario: 'accept' }, policy }),
  );
}

/** Rises above what it was, or is a certain value. */
async function shows(
  process: MetricProcess,
  name: string,
  labels: Record<string, string>,
  is: (value: number) => boolean = (value) => value > 0,
): Promise<void> {
  await expect
    .poll(async () => is((await valueOf(`${place.urls[process]}/metrics`, name, labels)) ?? NaN), {
      message: `${name} ${JSON.stringify(labels)} of ${process}`,
      timeout: patience,
    })
    .toBe(true);
}

const calls = 'candidate_funnel_riskos_requests_total';
const taskFailures = 'temporal_workflow_task_execution_failed';

test('without a fault no alert fires', async () => {
  const funnel = await start('healthy');
  await until(funnel, ({ images }) => images[0]?.result === 'archived');
  await prometheus.scraped(3);
  expect(await prometheus.firing()).toEqual([]);
});

/** In this order, so that none makes the alert of a later one fire. Each mends what it broke. */
const faults: Record<string, { alert: string; inject: () => Promise<() => Promise<unknown>> }> = {
  'the token of the webhooks is wrong': {
    alert: 'FunnelWebhooksRefused',
    inject: async () => {
      webhooksWith('a-token-that-nobody-has-listed');
      await Promise.all(Array.from({ length: 12 }, () => start('token')));
      await shows('relay', 'candidate_funnel_webhook_refusals_total', { reason: 'wrong_token' });
      return async () => webhooksWith(token);
    },
  },
  'the worker is gone': {
    alert: 'FunnelWorkerGone',
    inject: async () => {
      await place.kill('worker');
      await expect(fetch(`${place.urls.worker}/metrics`)).rejects.toThrow('fetch failed');
      return () => place.start('worker');
    },
  },
  'another process is gone': {
    alert: 'FunnelProcessDown',
    inject: async () => {
      await place.kill('codec-server');
      await expect(fetch(`${place.urls['codec-server']}/metrics`)).rejects.toThrow('fetch failed');
      return () => place.start('codec-server');
    },
  },
  'Temporal is gone': {
    alert: 'FunnelTemporalUnreachable',
    inject: async () => {
      server.kill();
      await server.stop();
      for (const name of ['worker', 'relay', 'monitor'] as const) {
        await shows(name, 'candidate_funnel_ready', { check: 'temporal' }, (value) => value === 0);
        expect((await fetch(`${place.urls[name]}/readyz`)).status).toBe(503);
        expect((await fetch(`${place.urls[name]}/livez`)).status).toBe(200);
      }
      return async () => {
        server = await startServer(Number(server.address.split(':').at(-1)));
        await shows('worker', 'candidate_funnel_ready', { check: 'temporal' }, (value) => value === 1);
      };
    },
  },
  'the key store is gone': {
    alert: 'FunnelKeyStoreUnreachable',
    inject: async () => {
      store.mode = 'gone';
      for (const name of ['worker', 'codec-server'] as const) {
        await shows(name, 'candidate_funnel_ready', { check: 'key_store' }, (value) => value === 0);
        expect((await fetch(`${place.urls[name]}/readyz`)).status).toBe(503);
      }
      return async () => {
        store.mode = 'pass';
        await shows('worker', 'candidate_funnel_ready', { check: 'key_store' }, (value) => value === 1);
      };
    },
  },
  'the archive is full': {
    alert: 'FunnelArchiveFull',
    inject: async () => {
      store.mode = 'full';
      await until(await start('full'), ({ stage }) => stage === 'verified');
      await shows('worker', 'candidate_funnel_activity_failures_total', { reason: 'storage_full' });
      return async () => {
        store.mode = 'pass';
      };
    },
  },
  'the receiver of notices is gone': {
    alert: 'FunnelReceiverDown',
    inject: async () => {
      place.receiver.status = 503;
      await start('silent');
      await shows('worker', 'candidate_funnel_retrying_seconds', { activity: 'notify' });
      return async () => {
        place.receiver.status = 200;
      };
    },
  },
  'the receiver refuses notices': {
    alert: 'FunnelNoticesRefused',
    inject: async () => {
      place.receiver.status = 404;
      await start('refused');
      await shows('worker', 'candidate_funnel_notices_total', { result: 'NotFound' });
      return async () => {
        place.receiver.status = 200;
      };
    },
  },
  'a workflow task fails': {
    alert: 'FunnelWorkflowTaskFailing',
    inject: async () => {
      const { workflowId } = await place.temporal.workflow.start('workflowOfANewerRelease', {
        taskQueue: place.settings['FUNNEL_TASK_QUEUE'] ?? '',
        workflowId: workflowIdOf('newer'),
      });
      await shows('worker', taskFailures, { failure_reason: 'WorkflowError' });
      return () => place.temporal.workflow.getHandle(workflowId).terminate();
    },
  },
  'a payload does not decrypt': {
    alert: 'FunnelPayloadUnreadable',
    inject: async () => {
      const funnel = await start('foreign', { start: 'on_request' });
      await until(funnel, ({ stage }) => stage === 'awaiting_document_request');
      await signalWithForeignKey(funnel);
      await shows('worker', 'candidate_funnel_payload_problems_total', { reason: 'PayloadTampered' });
      return () => place.temporal.workflow.getHandle(workflowIdOf(funnel.applicationId)).terminate();
    },
  },
  'a release cannot continue the funnels of an earlier one': {
    alert: 'FunnelReleaseDoesNotFit',
    inject: async () => {
      const funnel = await start('release', { start: 'on_request' });
      await until(funnel, ({ stage }) => stage === 'awaiting_document_request');
      await place.kill('worker');
      await place.start('worker', {}, await badRelease());
      // Nobody answers it: no worker can do the task that it waits for.
      void funnel.requestDocuments().catch(() => undefined);
      await shows('worker', taskFailures, { failure_reason: 'NonDeterminismError' });
      return async () => {
        await place.kill('worker');
        await place.start('worker');
        await place.temporal.workflow.getHandle(workflowIdOf(funnel.applicationId)).terminate();
      };
    },
  },
  'webhooks are lost': {
    alert: 'FunnelWebhooksLost',
    inject: async () => {
      place.emulator.setWebhook(undefined);
      for (let round = 0; round < 3; round += 1) {
        const funnels = await Promise.all([1, 2].map(() => start('lost', { first: '1s' })));
        await Promise.all(
          funnels.map((funnel) => until(funnel, ({ stage }) => stage === 'verified', patience)),
        );
      }
      await shows('worker', 'candidate_funnel_decisions_found_total', { by: 'poll' });
      return async () => webhooksWith(token);
    },
  },
  'RiskOS is down': {
    alert: 'FunnelRiskosDown',
    inject: async () => {
      gateway.meddle = () => ({ status: 503, body: '{}' });
      await Promise.all(Array.from({ length: 8 }, () => start('down')));
      await shows('worker', calls, { result: 'ServerError' });
      return async () => {
        gateway.meddle = () => 'pass';
      };
    },
  },
  'the API key is wrong': {
    alert: 'FunnelRiskosRefuses',
    inject: async () => {
      await place.kill('worker');
      await place.start('worker', { RISKOS_API_KEY: 'key-of-another-environment' });
      await Promise.all([1, 2].map(() => start('key')));
      await shows('worker', calls, { result: 'AuthenticationFailed' });
      return async () => {
        await place.kill('worker');
        await place.start('worker');
      };
    },
  },
};

test.each(Object.entries(faults))(
  '%s: the signal shows, and the alert fires',
  async (_fault, { alert, inject }) => {
    await expect.poll(() => prometheus.firing(), { timeout: patience }).not.toContain(alert);
    const mend = await inject();
    await expect.poll(() => prometheus.firing(), { timeout: patience, interval: 500 }).toContain(alert);
    await mend();
  },
  3 * patience,
);

test('the runbook has a row for each of these faults, and no other', () => {
  const rows = Object.fromEntries(faultsOfRunbook().map(({ fault, alert }) => [fault, alert]));
  expect(rows).toEqual(
    Object.fromEntries(Object.entries(faults).map(([fault, { alert }]) => [fault, alert])),
  );
});

function webhooksWith(bearer: string): void {
  const url = `${place.urls.relay}/webhooks/riskos`;
  place.emulator.setWebhook({ url, auth: { type: 'bearer', token: bearer } });
}

/** As somebody would who has another key store. */
async function signalWithForeignKey({ applicationId }: Funnel): Promise<void> {
  const { identity, recipient } = await createPayloadIdentity();
  const foreign = createKeyStore(
    openStorage(`file://${await mkdtemp(join(folder, 'foreign-'))}`),
    ageWrapper([recipient], identity),
  );
  await foreign.create(applicationId);
  const client = new Client({ connection: place.temporal.connection, ...encryptedClient(foreign) });
  await client.workflow
    .getHandle(workflowIdOf(applicationId))
    .signal(riskosEventSignal, { eventId: 'e-1', eventType: 'evaluation_completed', evaluationId: 'x' });
}

/** The built program, with an activity of another name in its workflows. Returns the path of its command. */
async function badRelease(): Promise<string> {
  const root = await mkdtemp(join(folder, 'release-'));
  await mkdir(join(root, 'bin'));
  await Promise.all(
    ['dist', 'bin', 'package.json'].map((name) => cp(name, join(root, name), { recursive: true })),
  );
  await symlink(join(process.cwd(), 'node_modules'), join(root, 'node_modules'));
  const bundle = join(root, 'dist/workflow-bundle-encrypted.js');
  const code = await readFile(bundle, 'utf8');
  await writeFile(bundle, code.replaceAll('createEvaluation', 'createTheEvaluation'));
  return join(root, 'bin/candidate-funnel.js');
}
