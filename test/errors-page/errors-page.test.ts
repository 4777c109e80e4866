import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { createArchiveKey, openArchive } from '../../src/archive/index.ts';
import { type CommandError, commandErrors, exitCodeOf, exitCodes, oneLine } from '../../src/cli/errors.ts';
import {
  createFunnelClient,
  type EvaluationImages,
  type Funnel,
  FunnelError,
  temporalClient,
} from '../../src/client/index.ts';
import { clearPayload, type Refusal, refusals, searchAttributes } from '../../src/contract/index.ts';
import { findTemporal, startDevServer } from '../../src/dev-server/index.ts';
import type { Scenario } from '../../src/emulator/index.ts';
import { createRiskosClient, parseWebhook, RiskosError, type RiskosProblem } from '../../src/riskos/index.ts';
import { openStorage, readObject, StorageError } from '../../src/storage/index.ts';
import { tryVerbs } from '../../src/storage/trial.ts';
import { archiveFixture, because, ref } from '../archive/fixture.ts';
import { picture } from '../archive/hostile-zips.ts';
import { forgedZip, paths } from '../archive/zips.ts';
import { exampleApplication } from '../support/application.ts';
import type { Run } from '../support/command.ts';
import { run } from '../support/processes.ts';
import { createWorld, until, type World } from '../support/world.ts';
import { completed, evalId } from '../riskos/support/answers.ts';
import { clientOf, freePort, startAnswering, startRiskos } from '../riskos/support/server.ts';
import { exitCodeWords, pagePath, renderPage, riskosTypes } from './page.ts';

let world: World;
let folder: string;
let recipients: string[];
beforeAll(async () => {
  recipients = [(await createArchiveKey()).recipient];
  folder = await mkdtemp(join(tmpdir(), 'candidate-funnel-errors-'));
  const patch = (status: number, code: string): Scenario => ({
    passive: [
      { waitsFor: ['one_time_code'], faults: [{ at: 'patch', kind: 'answer', status, code, times: 100 }] },
    ],
  });
  world = await createWorld({
    scenarios: {
      absent: { documents: [{ candidate: 'absent' }] },
      refusing: patch(403, 'PERMISSION_DENIED'),
      failing: patch(503, 'INTERNAL_ERROR'),
      unreferenced: {
        documents: [
          { faults: [{ at: 'read', kind: 'change', change: { data_enrichments: [] }, times: 100 }] },
        ],
      },
    },
  });
  await world.startRelay();
  await world.startWorker();
});
afterAll(async () => {
  await world.close();
  await rm(folder, { recursive: true, force: true });
});

test('docs/errors.md is what the tested table says; `npm run docs:errors` writes it', async () => {
  expect(await readFile(pagePath, 'utf8')).toBe(await renderPage());
});

async function standing(scenario: string, kind: string): Promise<Funnel> {
  const funnel = await world.start(scenario, { custom: { scenario } });
  await until(funnel, ({ nextAction }) => nextAction.kind === kind);
  return funnel;
}

async function closed(): Promise<Funnel> {
  const funnel = await world.start('closed', { custom: { scenario: 'passive-reject' } });
  await funnel.result();
  return funnel;
}

const nobody = () => world.funnels.funnel('nobody');

/** What each refusal comes of. */
const refused: Record<Refusal, () => Promise<unknown>> = {
  InvalidApplication: () => world.funnels.startFunnel(exampleApplication('jane@example.com')),
  InvalidMessage: () => nobody().review({ verdict: 'accept', by: 'reviewer-7', reason: ' ' }),
  WrongStage: async () => (await standing('absent', 'show_capture_link')).complete(),
  NoBaseline: async () => {
    const funnel = await world.start('unreferenced', { custom: { scenario: 'unreferenced' } });
    const { stage } = await until(funnel, (status) => ['verified', 'review'].includes(status.stage));
    if (stage === 'review') await funnel.review({ verdict: 'accept', by: 'reviewer-7', reason: 'seen' });
    return funnel.requestReverification();
  },
  AlreadyOpen: async () => {
    const { applicationId } = await standing('absent', 'show_capture_link');
    return world.funnels.startFunnel(exampleApplication(applicationId));
  },
  AlreadyClosed: async () => world.funnels.startFunnel(exampleApplication((await closed()).applicationId)),
  Forgotten: () => {
    const tombstone = { at: '2026-01-02T03:04:05.000Z', by: 'Mo Ito', reason: 'request of the candidate' };
    const findForgotten = () => Promise.resolve(tombstone);
    return createFunnelClient({ temporal: world.temporal, findForgotten }).funnel('nobody').status();
  },
  EndedInTemporal: async () => {
    const funnel = await standing('absent', 'show_capture_link');
    await world.temporal.workflow.getHandle(`funnel-${funnel.applicationId}`).terminate();
    return funnel.result();
  },
  UnreadableStatus: async () => {
    const applicationId = world.taskQueue;
    await world.temporal.workflow.start('candidateFunnel', {
      workflowId: `funnel-${applicationId}`,
      taskQueue: 'polled-by-nobody',
      memo: { status: clearPayload({ stage: 'a_stage_of_next_year' }) },
      typedSearchAttributes: [{ key: searchAttributes.stage, value: 'a_stage_of_next_year' }],
    });
    return world.funnels.funnel(applicationId).status();
  },
  NotFound: () => nobody().status(),
  Unreachable: async () => {
    const offline = createFunnelClient({ temporal: temporalClient('127.0.0.1:9'), deadline: 500 });
    try {
      return await offline.funnel('app-1').status();
    } finally {
      await offline.close();
    }
  },
  RiskosRefused: async () =>
    (await standing('refusing', 'enter_one_time_code')).submitOneTimeCode({ code: '123456' }),
  RiskosUnavailable: async () =>
    (await standing('failing', 'enter_one_time_code')).submitOneTimeCode({ code: '123456' }),
  WrongState: async () => (await archivedImages()).retry({ by: 'reviewer-7' }),
  Held: async () => {
    const images = await archivedImages();
    await images.hold(because);
    return images.erase(because);
  },
  NotHeld: async () => (await archivedImages()).release(because),
};

/** The images of a funnel that were just archived. */
async function archivedImages(): Promise<EvaluationImages> {
  const funnel = await world.start('archived', { custom: { scenario: 'accept' } });
  const { images } = await until(funnel, (status) => status.images[0]?.result === 'archived');
  return world.funnels.images(images[0]?.evaluationId ?? '');
}

async function thrownBy(work: () => unknown): Promise<unknown> {
  try {
    await work();
  } catch (error) {
    return error;
  }
  return new Error('nothing was thrown');
}

describe('a funnel refuses with', () => {
  test.each(refusals)('%s', async (type) => {
    const error = await thrownBy(refused[type]);
    expect(error).toBeInstanceOf(FunnelError);
    expect(error).toMatchObject({ type });
    expect(exitCodeOf(error)).toBe(exitCodes[type]);
    expect(oneLine(error)).toMatch(/^[^\n]{20,}$/);
  });
});

const riskos = { RISKOS_BASE_URL: 'http://127.0.0.1:9', RISKOS_API_KEY: 'k', RISKOS_ENVIRONMENT: 'Sandbox' };
const archive = { ARCHIVE_URL: 'file:///tmp/images', ARCHIVE_RECIPIENTS: 'age1x' };

const s3 = { AWS_ACCESS_KEY_ID: 'id-of-the-tests', AWS_SECRET_ACCESS_KEY: 'secret-of-the-tests' };

function fetchOf(applicationId: string, identity: string): string[] {
  return ['images', 'fetch', applicationId, '--identity', identity, '--to', join(folder, 'out')];
}

/** Lists the archive of an S3 store that answers every request the same way. */
async function listingFrom(status: number, code: string): Promise<Run> {
  const store = await startRiskos((_, response) => {
    response.writeHead(status, { 'content-type': 'application/xml', date: new Date().toUTCString() });
    response.end(`<Error><Code>${code}</Code></Error>`);
  });
  return run(['images', 'list'], {
    ARCHIVE_URL: `s3://bucket?endpoint=${store.url}&region=us-east-1`,
    ...s3,
  });
}

/** A storage that replaces what is there. */
const forgetful = {
  putIfAbsent: () => Promise.resolve('stored' as const),
  get: () => Promise.resolve(undefined),
  delete: () => Promise.resolve(0),
  held: () => Promise.resolve(false),
  async *list() {},
};

/** What ends a command: its run, or what it would print. */
const ending: Record<CommandError, () => Promise<Run | { error: unknown }>> = {
  WrongInput: () => run(['start', join(folder, 'nowhere.json')]),
  WrongSetting: () => run(['worker'], {}, undefined, { refused: true }),
  InvalidArchiveUrl: () =>
    run(['worker'], { ...riskos, ...archive, ARCHIVE_URL: 'file:///' }, undefined, { refused: true }),
  InvalidRecipient: () => run(['worker'], { ...riskos, ...archive }, undefined, { refused: true }),
  InvalidIdentity: async () => {
    const fixture = await archiveFixture();
    await fixture.archive.store({
      ...ref,
      keepFor: 1,
      zip: forgedZip([{ name: paths.front, data: picture }]),
    });
    const identity = join(folder, 'other-key.txt');
    await writeFile(identity, (await createArchiveKey()).identity);
    return run(fetchOf(ref.applicationId, identity), { ARCHIVE_URL: fixture.url });
  },
  ImagesNotFound: async () => {
    const identity = join(folder, 'any-key.txt');
    await writeFile(identity, (await createArchiveKey()).identity);
    return run(fetchOf('app-2', identity), { ARCHIVE_URL: (await archiveFixture()).url });
  },
  ArchiveHeld: async () => {
    const { archive: held } = await archiveFixture();
    await held.hold(ref, because);
    return { error: await thrownBy(() => held.remove(ref, because)) };
  },
  ArchiveDeleted: async () => {
    const { archive: deleted } = await archiveFixture();
    await deleted.remove(ref, because);
    return { error: await thrownBy(() => deleted.hold(ref, because)) };
  },
  StorageUnavailable: async () =>
    run(['images', 'list'], {
      ARCHIVE_URL: `s3://bucket?endpoint=http://127.0.0.1:${await freePort()}&region=us-east-1`,
      ...s3,
    }),
  StorageFull: () => listingFrom(507, 'InsufficientStorage'),
  InvalidLimits: async () => ({
    error: await thrownBy(() => openArchive({ url: archive.ARCHIVE_URL, recipients, limits: { files: 0 } })),
  }),
  InvalidId: async () => {
    const { archive: fixture } = await archiveFixture();
    return { error: await thrownBy(() => fixture.find({ ...ref, applicationId: 'another' })) };
  },
  ZipRefused: async () => {
    const { archive: fixture } = await archiveFixture();
    return { error: await thrownBy(() => fixture.store({ ...ref, zip: Buffer.from('no ZIP') })) };
  },
  ArchiveUnsafe: async () => {
    const { storage, url } = await archiveFixture();
    await storage.putIfAbsent(`${ref.applicationId}/${ref.evaluationId}/manifest.json`, Buffer.from('{}'));
    const identity = join(folder, 'some-key.txt');
    await writeFile(identity, (await createArchiveKey()).identity);
    return run(fetchOf(ref.applicationId, identity), { ARCHIVE_URL: url });
  },
  InvalidStorageUrl: async () => ({ error: await thrownBy(() => openStorage('ftp://x')) }),
  StorageDenied: () => listingFrom(403, 'AccessDenied'),
  StorageMissing: () => listingFrom(404, 'NoSuchBucket'),
  StorageClockSkewed: () => listingFrom(403, 'RequestTimeTooSkewed'),
  StorageUnsupported: async () => ({ error: await thrownBy(() => tryVerbs(forgetful)) }),
  StorageUnsafe: async () => {
    const { root, url } = await archiveFixture();
    await mkdir(join(root, ref.applicationId, ref.evaluationId), { recursive: true });
    await symlink('/etc/hostname', join(root, ref.applicationId, ref.evaluationId, 'manifest.json'));
    return { error: await thrownBy(() => openArchive({ url, recipients }).find(ref)) };
  },
  StorageCorrupt: async () => {
    const { storage } = await archiveFixture();
    await storage.putIfAbsent('a', Buffer.from('more than that'));
    return { error: await thrownBy(() => readObject(storage, 'a', 3)) };
  },
  StorageHeld: async () => {
    const { storage } = await archiveFixture();
    const locked = {
      ...storage,
      delete: () => Promise.reject(new StorageError('StorageHeld', 'is locked there')),
    };
    return { error: await thrownBy(() => tryVerbs(locked)) };
  },
  InvalidSettings: async () => ({
    error: await thrownBy(() =>
      createRiskosClient({ baseUrl: 'x', apiKey: 'k', environment: 'Sandbox', workflow: 'w' }),
    ),
  }),
  InvalidEmulatorOptions: () =>
    run(['emulator', '--port', '0', '--seed', '1.5'], {}, undefined, { refused: true }),
  TemporalNotFound: async () => ({
    error: await thrownBy(() =>
      findTemporal({
        env: { PATH: folder, HTTPS_PROXY: 'http://127.0.0.1:9' },
        cacheDir: join(folder, 'cache'),
        onProgress: () => undefined,
        download: { beginWithin: 2000 },
      }),
    ),
  }),
  // Temporal's own namespace has none of the funnel's search attributes.
  SetupNeeded: async () => {
    const { recipient } = await createArchiveKey();
    return run(['worker'], {
      ...riskos,
      ...archive,
      ARCHIVE_RECIPIENTS: recipient,
      TEMPORAL_ADDRESS: inject('temporalAddress'),
      TEMPORAL_NAMESPACE: 'temporal-system',
      LOG_LEVEL: 'error',
    });
  },
  NotLoopback: async () => ({
    error: await thrownBy(() => startDevServer({ binary: '/bin/false', host: '0.0.0.0', uiPort: false })),
  }),
  PortInUse: async () => {
    const taken = Number(inject('temporalAddress').split(':')[1]);
    const binary = await findTemporal({ env: process.env, onProgress: () => undefined });
    return { error: await thrownBy(() => startDevServer({ binary, port: taken, uiPort: false })) };
  },
  DevServerFailed: async () => ({
    error: await thrownBy(() => startDevServer({ binary: '/bin/false', uiPort: false })),
  }),
};

describe('a command ends with', () => {
  test.each(commandErrors)('%s', async (type) => {
    const came = await ending[type]();
    const seen =
      'error' in came
        ? { code: exitCodeOf(came.error), says: `candidate-funnel: ${oneLine(came.error)}\n` }
        : { code: came.code, says: came.stderr };
    expect(seen.code).toBe(exitCodes[type]);
    // The page of how to get a Temporal server is the only one of more than a line.
    expect(seen.says).toMatch(type === 'TemporalNotFound' ? /\n/ : /^candidate-funnel: [^\n]{20,}\n$/);
    expect('error' in came ? came.error : { type }).toMatchObject({ type });
  });
});

/** A command for each exit code of the page. */
const endingWith: Record<number, () => Promise<Run>> = {
  0: () => run(['list'], temporal()),
  1: () => run(['doctor'], { TEMPORAL_ADDRESS: '127.0.0.1:9' }),
  2: () => run(['no-such-verb']),
  3: () => run(['status', 'nobody'], temporal()),
  4: async () => run(['complete', (await closed()).applicationId], temporal()),
  5: () => run(['status', 'nobody'], { TEMPORAL_ADDRESS: '127.0.0.1:9' }),
};

function temporal(): Record<string, string> {
  return { TEMPORAL_ADDRESS: inject('temporalAddress'), FUNNEL_TASK_QUEUE: world.taskQueue };
}

describe('the page of exit codes', () => {
  const codes = Object.keys(exitCodeWords);

  test('has every code that an error can have, and no other', () => {
    expect([...new Set(['0', ...Object.values(exitCodes).map(String)])].toSorted()).toEqual(codes);
    expect(Object.keys(endingWith)).toEqual(codes);
  });

  test.each(codes)('%s is what a command ends with', async (code) => {
    expect(await endingWith[Number(code)]?.()).toMatchObject({ code: Number(code) });
  });
});

const answered =
  (status: number, body: unknown, headers: Record<string, string> = {}) =>
  async () => {
    const server = await startAnswering(status, body, headers);
    return clientOf(server.url).get(evalId);
  };

/** What each problem with RiskOS comes of. */
const problems: Record<RiskosProblem, () => unknown> = {
  InvalidSettings: () =>
    createRiskosClient({ baseUrl: 'x', apiKey: 'k', environment: 'Sandbox', workflow: 'w' }),
  InvalidRequest: () => clientOf('http://127.0.0.1:9').get(''),
  DataRefused: answered(400, { code: 'INVALID_REQUEST' }),
  AuthenticationFailed: answered(401, {}),
  PermissionDenied: answered(403, {}),
  WorkflowNotFound: answered(404, { code: 'WORKFLOW_NOT_FOUND' }),
  WorkflowNotPublished: answered(403, { code: 'WORKFLOW_NOT_PUBLISHED' }),
  NotFound: answered(404, {}),
  RequestRefused: answered(405, {}),
  RateLimited: answered(429, {}),
  ServerError: answered(503, {}),
  Unreachable: async () => clientOf(`http://127.0.0.1:${await freePort()}`).get(evalId),
  InsecureConnection: async () => {
    const server = await startAnswering(200, completed());
    return clientOf(server.url.replace('http:', 'https:')).get(evalId);
  },
  TimedOut: answered(408, {}),
  ConnectionLost: async () => {
    const server = await startRiskos((_, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{');
      setImmediate(() => response.destroy());
    });
    return clientOf(server.url).get(evalId);
  },
  Cancelled: () => clientOf('http://127.0.0.1:9').get(evalId, { signal: AbortSignal.abort() }),
  Redirected: answered(302, '', { location: 'https://elsewhere.example' }),
  MalformedAnswer: answered(200, '{"id":'),
  IncompleteAnswer: answered(200, completed({ eval_status: null })),
  ErrorInAnswer: answered(200, { error: 'something' }),
  OversizedAnswer: async () => {
    const server = await startAnswering(200, completed());
    return clientOf(server.url, { limits: { json: 10 } }).get(evalId);
  },
  EncodedAnswer: answered(200, completed(), { 'content-encoding': 'gzip' }),
  WrongEnvironment: answered(200, completed({ environment_name: 'Production' })),
  WrongEvaluation: answered(200, completed({ eval_id: 'another-one' })),
  InvalidWebhook: () => parseWebhook('no webhook'),
};

describe('a call to RiskOS ends with', () => {
  test.each(riskosTypes)('%s', async (type) => {
    const error = await thrownBy(problems[type]);
    expect(error).toBeInstanceOf(RiskosError);
    expect(error).toMatchObject({ type });
  });
});
