import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Client, type Payload } from '@temporalio/client';
import { createArchiveKey, openImages, storageAt, surveyArchive } from '../../src/archive/index.ts';
import {
  type ApplicationInput,
  createFunnelClient,
  type Funnel,
  type FunnelClient,
  FunnelError,
  temporalClient,
} from '../../src/client/index.ts';
import {
  ageWrapper,
  createKeyStore,
  createPayloadCodec,
  createPayloadIdentity,
  type DataKey,
  encryptedClient,
  type KeyStore,
  labelOf,
  open,
} from '../../src/codec/index.ts';
import { applicationIdOf } from '../../src/contract/index.ts';
import { type ForgetStep, forgetSteps } from '../../src/forget/index.ts';
import { openStorage, type Storage } from '../../src/storage/index.ts';
import { exampleApplication } from '../support/application.ts';
import type { Canaries } from '../support/canary.ts';
import { killProcess, type Running, startProcess } from '../support/processes.ts';
import { createWorld, quickPolicy, until, type World } from '../support/world.ts';
import { payloadsIn } from './payloads.ts';

/** Funnels of a Temporal server with encryption and an archive, to be forgotten. */
export interface Forgetting {
  world: World;
  keys: KeyStore;
  funnels: FunnelClient;
  /** For the command. */
  settings: Record<string, string>;
  startWorker(): Promise<void>;
  killWorker(): Promise<void>;
  start(name: string, scenario: string): Promise<Candidate>;
  /** A funnel whose images are archived. */
  verified(name: string): Promise<Candidate>;
  /** The command, killed with SIGKILL as soon as it logs that it begins a step, for each step; and what it left behind. */
  killedAtEachStep(applicationId: string): Promise<Interrupted[]>;
  stateOf(applicationId: string): Promise<string | undefined>;
  /** The names of the images that the archive's identity opens. */
  imagesOf(applicationId: string): Promise<string[]>;
  /** True for a payload that any key decrypts that is still in the store, whatever its tombstones say. */
  opener(): Promise<(payload: Payload) => boolean>;
  /** Every payload of an application in a Temporal server, and how many of them any way of reading decrypts. */
  readable(address: string, applicationId: string): Promise<{ payloads: number; decoded: number }>;
  close(): Promise<void>;
}

/** Every field is a text that is nowhere else. */
interface Candidate {
  applicationId: string;
  funnel: Funnel;
  canaries: Canaries;
}

interface Interrupted {
  step: ForgetStep;
  /** Of the key. */
  state: string | undefined;
  /** How a start was refused. */
  start: string;
  /** The first words of the ids of the workflows that are left. */
  workflows: string[];
}

export const forgetting = (id: string, ...more: string[]) => [
  'forget',
  id,
  '--by',
  'Mo Ito',
  '--reason',
  'erasure request 7/2026',
  '--json',
  ...more,
];

/** Keys and images are in `folder`; no worker runs yet. */
export async function createForgetting(address: string, folder: string): Promise<Forgetting> {
  const world = await createWorld({
    address,
    scenarios: { absent: { documents: [{ candidate: 'absent' }] } },
  });
  await world.startRelay();
  const { identity, recipient } = await createPayloadIdentity();
  const archiveKey = await createArchiveKey();
  const storeUrl = pathToFileURL(join(folder, 'keys')).href;
  const archiveUrl = pathToFileURL(join(folder, 'images')).href;
  const wrapper = ageWrapper([recipient], identity);
  const keys = createKeyStore(openStorage(storeUrl), wrapper);
  const settings = {
    ...world.workerSettings,
    ARCHIVE_URL: archiveUrl,
    ARCHIVE_RECIPIENTS: archiveKey.recipient,
    PAYLOAD_ENCRYPTION: 'on',
    KEY_STORE_URL: storeUrl,
    PAYLOAD_RECIPIENTS: recipient,
    PAYLOAD_IDENTITY: identity,
    // Nobody answers there, so that notices are under way for as long as the test takes.
    NOTIFY_URL: 'http://127.0.0.1:9/notices',
    NOTIFY_SECRETS: `whsec_${Buffer.alloc(32, 'a').toString('base64')}`,
  };
  const temporal = new Client({ connection: temporalClient(address).connection, ...encryptedClient(keys) });
  const funnels = createFunnelClient({ temporal, taskQueue: world.taskQueue, deadline: 60_000 });
  let worker: Running | undefined;

  const stateOf = async (applicationId: string) => {
    for await (const found of keys.check()) if (found.applicationId === applicationId) return found.state;
    return undefined;
  };

  async function start(name: string, scenario: string): Promise<Candidate> {
    const applicationId = `${name}-${randomBytes(4).toString('hex')}`;
    const { candidate, canaries } = uniqueCandidate(applicationId);
    const funnel = await funnels.startFunnel({
      applicationId,
      candidate,
      policy: quickPolicy,
      custom: { scenario },
    });
    return { applicationId, funnel, canaries };
  }

  async function interruptedAt(applicationId: string, step: ForgetStep): Promise<Interrupted> {
    const child = await startProcess(forgetting(applicationId), settings, new RegExp(`"step":"${step}"`));
    await killProcess(child);
    const state = await stateOf(applicationId);
    const again = funnels.startFunnel(exampleApplication(applicationId), { again: true });
    return {
      step,
      state,
      start: await again.then(
        () => 'started',
        (error: unknown) => (error instanceof FunnelError ? error.type : String(error)),
      ),
      workflows: await workflowsOf(world.temporal, applicationId),
    };
  }

  async function opener(): Promise<(payload: Payload) => boolean> {
    const everyKey: DataKey[] = [];
    // A tombstone is a promise of our own code only; whoever has the store and its identity can do without.
    const taken = createKeyStore(withoutTombstones(openStorage(storeUrl)), wrapper);
    for await (const id of taken.list()) {
      const found = await taken.get(id);
      if (found.kind === 'found') everyKey.push(found.key);
    }
    return (payload) => everyKey.some((key) => opens(payload, key));
  }

  return {
    world,
    keys,
    funnels,
    settings,
    startWorker: async () => {
      worker = await startProcess(['worker'], settings, /worker runs/);
    },
    killWorker: async () => {
      if (worker) await killProcess(worker);
    },
    start,
    verified: async (name) => {
      const candidate = await start(name, 'accept');
      await until(
        candidate.funnel,
        ({ stage, images }) => stage === 'verified' && images[0]?.result === 'archived',
      );
      return candidate;
    },
    killedAtEachStep: async (applicationId) => {
      const seen = [];
      for (const step of forgetSteps) seen.push(await interruptedAt(applicationId, step));
      return seen;
    },
    stateOf,
    imagesOf: async (applicationId) => {
      const storage = storageAt(archiveUrl);
      const names: string[] = [];
      for await (const found of surveyArchive(storage, applicationId)) {
        if (!('objects' in found) || !found.manifest) continue;
        for await (const { file } of openImages(storage, found.manifest, archiveKey.identity)) {
          names.push(file.name);
        }
      }
      return names;
    },
    opener,
    readable: async (at, applicationId) => {
      const { connection } = temporalClient(at);
      try {
        const payloads = await payloadsIn(new Client({ connection }), applicationId);
        const codec = createPayloadCodec({ keys, unreadable: 'mark' });
        const isOpened = await opener();
        let decoded = 0;
        for (const payload of payloads) {
          const [clear] = await codec.decode([payload]);
          const isMarked = Buffer.from(clear?.data ?? []).toString() === '{"unreadable":"KeyForgotten"}';
          if (isOpened(payload) || !isMarked) decoded += 1;
        }
        return { payloads: payloads.length, decoded };
      } finally {
        await connection.close();
      }
    },
    close: async () => {
      if (worker) await killProcess(worker);
      await funnels.close();
      await world.close();
    },
  };
}

function withoutTombstones(storage: Storage): Storage {
  return {
    ...storage,
    get: async (key) => (key.startsWith('tombstones/') ? undefined : storage.get(key)),
  };
}

function uniqueCandidate(applicationId: string): {
  candidate: ApplicationInput['candidate'];
  canaries: Canaries;
} {
  const { candidate } = exampleApplication(applicationId);
  const word = () => `Canary${randomBytes(6).toString('hex')}`;
  const canaries = {
    givenName: word(),
    familyName: word(),
    email: `${word()}@example.com`,
    diSessionToken: word(),
  };
  const line1 = `12 ${word()} Lane`;
  return {
    candidate: { ...candidate, ...canaries, address: { ...candidate.address, country: 'US', line1 } },
    canaries: { ...canaries, line1 },
  };
}

function opens(payload: Payload, key: DataKey): boolean {
  try {
    const label = labelOf(payload);
    return label !== undefined && open(payload, label, key) !== undefined;
  } catch {
    return false;
  }
}

async function workflowsOf({ workflowService, options }: Client, applicationId: string): Promise<string[]> {
  const { namespace } = options;
  const { executions } = await workflowService.listWorkflowExecutions({ namespace, pageSize: 1000 });
  return executions
    .map(({ execution }) => execution?.workflowId ?? '')
    .filter((workflowId) => applicationIdOf(workflowId) === applicationId)
    .map((workflowId) => workflowId.split('-')[0] ?? '');
}
