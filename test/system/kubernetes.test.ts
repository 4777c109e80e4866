import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import {
  codecServerSettings,
  logSettings,
  readSettings,
  relaySettings,
  workerSettings,
} from '../../src/config.ts';
import { temporalEnvironment } from '../../src/client/settings.ts';
import { run as runCommand } from '../support/processes.ts';
import { cachedProgram, goInstall } from './cache.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..', '..');
const manifests = join(root, 'deploy', 'kubernetes');
const validator = 'sigs.k8s.io/kubectl-validate@v0.0.4';
/** The newest release whose schemas that validator has; nothing here is newer. */
const release = '1.30';

let binary: string;
let folder: string;

beforeAll(async () => {
  binary = await findValidator();
  folder = await mkdtemp(join(tmpdir(), 'candidate-funnel-kubernetes-'));
}, 20 * 60_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the Kubernetes example', () => {
  test("is accepted by the API's schemas", async () => {
    await expect(run(binary, [manifests, '--version', release])).resolves.toBeDefined();
  });

  test.each([
    [
      'a misspelt field',
      (text: string) => text.replace('readinessProbe:', 'readynessProbe:'),
      'readynessProbe',
    ],
    ['a text for a number', (text: string) => text.replace('replicas: 2', 'replicas: two'), 'replicas'],
    ['a missing field', (text: string) => text.replace('            pathType: Exact\n', ''), 'pathType'],
  ])('would be refused with %s', async (_, change, named) => {
    const text = await readFile(join(manifests, 'relay.yaml'), 'utf8');
    const broken = change(text);
    expect(broken).not.toBe(text);
    const file = join(folder, 'relay.yaml');
    await writeFile(file, broken);
    const refusal = await run(binary, [file, '--version', release]).catch((error: unknown) => error);
    const said = z.object({ stdout: z.string(), stderr: z.string() }).parse(refusal);
    expect(`${said.stdout}${said.stderr}`).toContain(named);
  });

  test('runs nothing as root, nothing that writes to its image, and nothing without bounds', async () => {
    for (const { name, pod } of await workloads()) {
      expect([name, pod.automountServiceAccountToken]).toEqual([name, false]);
      expect(pod.securityContext).toMatchObject({
        runAsNonRoot: true,
        runAsUser: 1000,
        seccompProfile: { type: 'RuntimeDefault' },
      });
      for (const container of pod.containers) {
        expect(container.securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
        expect(Object.keys(container.resources.limits).toSorted()).toEqual(['cpu', 'memory']);
        expect(Object.keys(container.resources.requests).toSorted()).toEqual(['cpu', 'memory']);
      }
    }
  });

  test('asks each process whether it lives and whether it is ready, at the port where it listens', async () => {
    for (const { name, kind, pod } of await workloads()) {
      if (kind === 'Job') continue;
      const [container] = pod.containers;
      expect(container?.livenessProbe?.httpGet.path).toBe('/livez');
      expect(container?.readinessProbe?.httpGet.path).toBe('/readyz');
      const [port] = container?.ports ?? [];
      const given = Object.values(environmentOf(container)).join(' ');
      expect([name, given]).toEqual([name, expect.stringContaining(String(port?.containerPort))]);
      for (const probe of [container?.livenessProbe, container?.readinessProbe]) {
        expect(probe?.httpGet.port).toBe(port?.name);
      }
    }
  });

  test('runs verbs that exist, with settings that they take and secrets that they have', async () => {
    const settingsOf: Record<string, (env: Record<string, string>) => unknown> = {
      setup: (env) => readSettings(logSettings, env),
      worker: (env) => readSettings(workerSettings, env),
      relay: (env) => readSettings(relaySettings, env),
      'codec-server': (env) => readSettings(codecServerSettings, env),
    };
    const help = await runCommand(['--help']);
    const maps = await configMaps();
    const all = await workloads();
    const verbs = all.flatMap(({ pod }) => pod.containers.flatMap(({ args }) => args));
    expect(verbs.toSorted()).toEqual(Object.keys(settingsOf).toSorted());
    for (const { pod } of all) {
      const [container] = pod.containers;
      const [verb = ''] = container?.args ?? [];
      expect(help.stdout).toMatch(new RegExp(`^ +${verb}\\b`, 'm'));
      const mounted = pod.volumes.flatMap(({ secret }) => secret?.items.map(({ path }) => path) ?? []);
      const shared = (container?.envFrom ?? []).map(({ configMapRef }) => maps[configMapRef.name]);
      expect(shared).not.toContain(undefined);
      const given: Record<string, string> = Object.assign({}, ...shared, environmentOf(container));
      const files = Object.entries(given).filter(([, value]) => value.startsWith('/secrets/'));
      expect(files.map(([, path]) => path.slice('/secrets/'.length)).toSorted()).toEqual(mounted.toSorted());
      const env = Object.fromEntries(
        await Promise.all(Object.entries(given).map(async ([name, value]) => [name, await inFolder(value)])),
      );
      expect(() => settingsOf[verb]?.(env)).not.toThrow();
      expect(temporalEnvironment(env)['TEMPORAL_API_KEY']).toBe(
        verb === 'codec-server' ? undefined : secrets['temporal-api-key'],
      );
    }
  });
});

/** A good value for each secret. */
const secrets: Record<string, string> = {
  'temporal-api-key': 'an-api-key-of-temporal',
  'riskos-api-key': 'the-key-of-riskos',
  'notify-secrets': `whsec_${Buffer.alloc(32, 'x').toString('base64')}`,
  'payload-identity': 'AGE-SECRET-KEY-1EXAMPLE',
  'relay-bearer-tokens': 'the-token-of-the-webhooks',
};

/** Paths of mounted secrets become files of this test. */
async function inFolder(value: string): Promise<string> {
  if (!value.startsWith('/secrets/')) return value;
  const name = value.slice('/secrets/'.length);
  const path = join(folder, name);
  await writeFile(path, `${secrets[name] ?? ''}\n`);
  return path;
}

const probe = z.object({ httpGet: z.object({ path: z.string(), port: z.string() }) });
const container = z.object({
  args: z.array(z.string()),
  env: z.array(z.object({ name: z.string(), value: z.string() })).default([]),
  envFrom: z.array(z.object({ configMapRef: z.object({ name: z.string() }) })).default([]),
  ports: z.array(z.object({ name: z.string(), containerPort: z.number() })).default([]),
  livenessProbe: probe.optional(),
  readinessProbe: probe.optional(),
  resources: z.object({
    limits: z.record(z.string(), z.string()),
    requests: z.record(z.string(), z.string()),
  }),
  securityContext: z.unknown(),
});
const pod = z.object({
  automountServiceAccountToken: z.boolean(),
  securityContext: z.unknown(),
  containers: z.array(container),
  volumes: z.array(
    z.object({ secret: z.object({ items: z.array(z.object({ path: z.string() })) }).optional() }),
  ),
});
const workload = z.object({
  kind: z.enum(['Deployment', 'Job']),
  metadata: z.object({ name: z.string() }),
  spec: z.object({ template: z.object({ spec: pod }) }),
});
const configMap = z.object({
  kind: z.literal('ConfigMap'),
  metadata: z.object({ name: z.string() }),
  data: z.record(z.string(), z.string()),
});

function environmentOf(given: z.output<typeof container> | undefined): Record<string, string> {
  return Object.fromEntries((given?.env ?? []).map(({ name, value }) => [name, value]));
}

async function objects(): Promise<unknown[]> {
  const files = await readdir(manifests);
  const texts = await Promise.all(files.map((file) => readFile(join(manifests, file), 'utf8')));
  return texts.flatMap((text) => parseAllDocuments(text).map((document): unknown => document.toJS()));
}

async function workloads() {
  const found = (await objects()).flatMap((object) => {
    const parsed = workload.safeParse(object);
    return parsed.success
      ? [{ name: parsed.data.metadata.name, kind: parsed.data.kind, pod: parsed.data.spec.template.spec }]
      : [];
  });
  expect(found).toHaveLength(4);
  return found;
}

async function configMaps(): Promise<Record<string, Record<string, string>>> {
  const found: Record<string, Record<string, string>> = {};
  for (const object of await objects()) {
    const parsed = configMap.safeParse(object);
    if (parsed.success) found[parsed.data.metadata.name] = parsed.data.data;
  }
  return found;
}

/** From the cache, or built once with `go install`; it has the schemas inside. */
function findValidator(): Promise<string> {
  return cachedProgram(validator.replaceAll('/', '-'), 'kubectl-validate', (bin) =>
    goInstall(bin, [validator], 'kubectl-validate'),
  );
}
