import { execFile, spawn } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { parse as parseShell } from 'shell-quote';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ApplicationInput, Funnel, FunnelStatus } from '../../src/client/index.ts';
import { createArchiveKey } from '../../src/archive/index.ts';
import { type DevServer, findTemporal, startDevServer } from '../../src/dev-server/index.ts';
import { createNotifier } from '../../src/notifier/index.ts';
import { runInHost } from '../support/command.ts';
import { apiKey } from '../support/constants.ts';
import { createGateway, type Gateway } from '../support/gateway.ts';
import { run } from '../support/processes.ts';
import { createReceiver, type Receiver } from '../support/receiver.ts';
import { createWorld, quickPolicy, until, type World } from '../support/world.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const secret = `whsec_${Buffer.alloc(32, 'a').toString('base64')}`;

/** Of this test alone, since the examples name one application. */
let server: DevServer;
let world: World;
let gateway: Gateway;
let receiver: Receiver;
let folder: string;
let env: Record<string, string>;
let shipped: ApplicationInput;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'help-examples-'));
  // A folder as a stranger has it who has unpacked the package, with the command on the PATH.
  await cp(join(root, 'examples'), join(folder, 'examples'), { recursive: true });
  await symlink(join(root, 'bin', 'candidate-funnel.js'), join(folder, 'candidate-funnel'));
  shipped = JSON.parse(await readFile(join(folder, 'examples', 'application.json'), 'utf8'));
  const binary = await findTemporal({ env: process.env, onProgress: () => undefined });
  server = await startDevServer({ binary, uiPort: false });
  world = await createWorld({
    address: server.address,
    scenarios: {
      absent: { documents: [{ candidate: 'absent' }] },
      reviewed: { documents: [{ decision: 'REVIEW' }] },
      code: { passive: [{ waitsFor: ['one_time_code'] }] },
      more: { passive: [{ waitsFor: ['more_information'], missing: ['individual.national_id'] }] },
      refused: {
        passive: [{ faults: [{ at: 'create', kind: 'answer', status: 403, code: 'PERMISSION_DENIED' }] }],
      },
    },
  });
  gateway = await createGateway(world.emulator.url);
  receiver = await createReceiver(secret);
  await world.startRelay();
  await world.startWorker(gateway.url, createNotifier({ url: receiver.url, secrets: [secret] }));
  const { identity } = await createArchiveKey();
  await writeFile(join(folder, 'archive-key.txt'), `${identity}\n`);
  env = {
    PAYLOAD_ENCRYPTION: 'off',
    PATH: `${folder}:${process.env['PATH'] ?? ''}`,
    HOME: folder,
    NO_COLOR: '1',
    TEMPORAL_ADDRESS: server.address,
    FUNNEL_TASK_QUEUE: world.taskQueue,
    ARCHIVE_URL: `file://${world.archiveFolder}`,
    RISKOS_BASE_URL: world.emulator.url,
    RISKOS_API_KEY: apiKey,
    RISKOS_ENVIRONMENT: 'Sandbox',
    NOTIFY_URL: receiver.url,
    NOTIFY_SECRETS: secret,
  };
});
afterAll(async () => {
  await world.close();
  await gateway.close();
  await receiver.close();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

interface Prepared {
  /** What the application of the examples waits for. */
  scenario?: string;
  until?: (status: FunnelStatus) => boolean;
  policy?: ApplicationInput['policy'];
  and?: (funnel: Funnel) => Promise<unknown>;
}

const kind =
  (wanted: string) =>
  ({ nextAction }: FunnelStatus) =>
    nextAction.kind === wanted;
const verified: Prepared = { scenario: 'accept', until: ({ stage }) => stage === 'verified' };
const archived: Prepared = {
  scenario: 'accept',
  until: ({ images }) => images[0]?.result === 'archived',
};
const open: Prepared = { scenario: 'absent', until: kind('show_capture_link') };
const refused: Prepared = { scenario: 'refused', until: kind('needs_attention') };
const onRequest: Prepared = {
  scenario: 'accept',
  until: kind('request_documents'),
  policy: { documents: { start: 'on_request' } },
};
const nothing: Prepared = {};

/** What must be there before each example; a new example without a row fails. */
const rows: Record<string, Prepared> = {
  'start examples/application.json': nothing,
  'start examples/application.json --policy examples/policy.json': nothing,
  'start --file examples/applications.ndjson': nothing,
  'status app-1042': open,
  'status app-1042 --earlier': open,
  'list --stage review --overdue': nothing,
  'list --trouble unreadable': nothing,
  'list --waiting-for operator --json': nothing,
  'watch app-1042': { ...open, and: (funnel) => funnel.withdraw() },
  'timeline app-1042': open,
  'timeline app-1042 --earlier --json': open,
  'documents app-1042': onRequest,
  'documents app-1042 app-1043': onRequest,
  'reverify app-1042': verified,
  'payroll app-1042 --candidate examples/payroll.json': verified,
  'review app-1042 --verdict accept --reason "same person"': { scenario: 'reviewed', until: kind('review') },
  'code app-1042 482913': { scenario: 'code', until: kind('enter_one_time_code') },
  'resend-code app-1042': { scenario: 'code', until: kind('enter_one_time_code') },
  'information app-1042 --candidate examples/payroll.json': {
    scenario: 'more',
    until: kind('provide_information'),
  },
  'read app-1042': open,
  'correct app-1042 --candidate examples/changes.json': refused,
  'retry app-1042': refused,
  'retry --all --attention request_refused': refused,
  'list --attention request_refused --limit 10000 --json | candidate-funnel retry -': refused,
  'withdraw app-1042 --reason "position filled"': open,
  'complete app-1042': verified,
  'images list': archived,
  'images list app-1042 --json': archived,
  'images sweep': archived,
  'images sweep --delete --reason "yearly clean-up"': archived,
  'images retry app-1042': { scenario: 'accept', until: ({ images }) => images[0]?.result === 'failed' },
  'images hold app-1042 --reason "case 7/2026"': archived,
  'images release app-1042 --reason "case 7/2026 is closed"': {
    ...archived,
    and: async (funnel) => {
      const [record] = (await funnel.status()).images;
      await world.funnels.images(record?.evaluationId ?? '').hold({ by: 'Ada', reason: 'case 7/2026' });
    },
  },
  'images erase app-1042 --reason "the candidate asked for it"': archived,
  setup: nothing,
  'check-riskos --identities examples/identities.json': nothing,
  'notices test': nothing,
};

/** Those that run until they are stopped, and what they say then; somebody else may have the port. */
const processes: Record<string, RegExp> = {
  'emulator --port 8090 --scenarios examples/scenarios.json': /RiskOS emulator|EADDRINUSE/,
};

/** Those that other tests run as written, with what they need. */
const elsewhere: Record<string, string> = {
  'check-replay': 'test/cli/check-replay.test.ts',
  "check-replay --query \"ExecutionStatus = 'Running' AND FunnelStage = 'verified'\" --limit 100":
    'test/cli/check-replay.test.ts',
  'keys new app-1042': 'test/cli/keys.test.ts',
  'keys rotate': 'test/cli/keys.test.ts',
  'keys rotate app-1042 --json': 'test/cli/keys.test.ts',
  'keys list --json': 'test/cli/keys.test.ts',
  'keys check': 'test/cli/keys.test.ts',
  'keys check --json': 'test/cli/keys.test.ts',
  'forget app-1042 --by "Mo Ito" --reason "erasure request 7/2026"': 'test/system/forget.test.ts',
  'forget app-1042 --by "Mo Ito" --reason "erasure request 7/2026" --terminate': 'test/system/forget.test.ts',
  monitor: 'test/worker/metrics.test.ts',
  'codec-server': 'test/codec-server/process.test.ts',
  'codec-server   # with CODEC_AUTH=off: on this machine, for everybody': 'test/codec-server/process.test.ts',
  'schema application': 'test/reference/schema-verb.test.ts',
  'schema policy > policy.schema.json': 'test/reference/schema-verb.test.ts',
  demo: 'test/e2e/demo.test.ts',
  'demo --json': 'test/e2e/demo.test.ts',
  'demo --only accept,reverified': 'test/e2e/demo.test.ts',
  dev: 'test/system/dev.test.ts',
  'dev --data /tmp/funnel-data': 'test/system/dev.test.ts',
  worker: 'test/hazards/worker-killed.test.ts',
  relay: 'test/relay/process.test.ts',
  doctor: 'test/cli/doctor.test.ts',
  'doctor --json': 'test/cli/doctor.test.ts',
  'doctor --relay https://relay.example/webhooks/riskos': 'test/cli/doctor.test.ts',
  'images fetch app-1042 --identity archive-key.txt --to images': 'test/cli/images.test.ts',
};

async function prepare({ scenario, until: wanted, policy, and }: Prepared, example: string): Promise<void> {
  if (example.startsWith('start')) return forget(['app-1042']);
  gateway.meddle = ({ path }) =>
    example.startsWith('images retry') && path.endsWith('/documents') ? { status: 403, body: '{}' } : 'pass';
  const ids =
    scenario === undefined ? [] : example.includes('app-1043') ? ['app-1042', 'app-1043'] : ['app-1042'];
  for (const applicationId of ids) {
    const handle = world.temporal.workflow.getHandle(`funnel-${applicationId}`);
    await handle.terminate().catch(() => undefined);
    const { custom = {} } = shipped;
    const funnel = await world.funnels.startFunnel(
      {
        ...shipped,
        applicationId,
        policy: { ...quickPolicy, ...policy },
        custom: { ...custom, ...(scenario === undefined ? {} : { scenario }) },
      },
      { again: true },
    );
    if (wanted) await until(funnel, wanted);
    await and?.(funnel);
  }
  gateway.meddle = () => 'pass';
}

async function forget(ids: string[]): Promise<void> {
  for (const id of ids) {
    const workflowExecution = { workflowId: `funnel-${id}` };
    const gone = () =>
      world.temporal.workflowService
        .describeWorkflowExecution({ namespace: 'default', execution: workflowExecution })
        .then(
          () => false,
          () => true,
        );
    if (await gone()) continue;
    await world.temporal.workflowService.deleteWorkflowExecution({ namespace: 'default', workflowExecution });
    await expect.poll(gone).toBe(true);
  }
}

/** In a process that has the command's modules loaded, but for lines that need a shell. */
async function runAsWritten(line: string): Promise<{ code: unknown }> {
  const words = parseShell(line);
  const args = words.filter((word) => typeof word === 'string');
  if (args.length === words.length) return runInHost({ args, env, cwd: folder });
  return promisify(execFile)('sh', ['-ec', `candidate-funnel ${line}`], { cwd: folder, env }).then(
    () => ({ code: 0 }),
    (error: unknown) => ({ code: error }),
  );
}

test('every verb has an example, and every example is run somewhere', async () => {
  const verbs = async (...path: string[]) => {
    const { stdout } = await run([...path, '--help']);
    return [...stdout.matchAll(/^ {2}([a-z][a-z-]+) (?:\[|<|  )/gm)]
      .map(([, verb = '']) => verb)
      .filter((verb) => verb !== 'help');
  };
  const all: string[][] = [];
  for (const verb of await verbs()) {
    const nested = ['images', 'notices', 'keys'].includes(verb) ? await verbs(verb) : [];
    all.push(...(nested.length > 0 ? nested.map((inner) => [verb, inner]) : [[verb]]));
  }
  expect(all.length).toBeGreaterThan(30);
  const examples: string[] = [];
  for (const verb of all) {
    const { stdout } = await run([...verb, '--help']);
    const own = [...stdout.matchAll(/^ {2}\$ candidate-funnel (.+)$/gm)].map(([, line = '']) => line);
    expect({ verb, own }).toMatchObject({ own: expect.arrayContaining([expect.any(String)]) });
    examples.push(...own);
  }
  const known = [rows, processes, elsewhere].flatMap((table) => Object.keys(table));
  expect(examples.toSorted()).toEqual(known.toSorted());
});

test.each(Object.entries(rows))(
  'the example works as written: candidate-funnel %s',
  async (line, prepared) => {
    await prepare(prepared, line);
    expect(await runAsWritten(line)).toMatchObject({ code: 0 });
  },
);

test.each(Object.entries(processes))(
  'the example runs as written: candidate-funnel %s',
  async (line, ready) => {
    const child = spawn('sh', ['-ec', `exec candidate-funnel ${line}`], { cwd: folder, env });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    try {
      await expect.poll(() => said).toMatch(ready);
    } finally {
      child.kill('SIGKILL');
    }
  },
);
