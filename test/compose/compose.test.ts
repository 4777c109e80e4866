import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import which from 'which';
import { z } from 'zod';
import { findTemporal } from '../../src/dev-server/index.ts';

const root = join(import.meta.dirname, '..', '..');
const composeFile = join(root, 'docker-compose.yml');
const exampleEnv = join(root, 'deploy', 'example.env');
const run = promisify(execFile);

/** What each variable that has no default is given; each value can be told from all others. */
const required = {
  POSTGRES_PASSWORD: 'canary-postgres-password',
  RISKOS_BASE_URL: 'http://canary.example',
  RISKOS_API_KEY: 'canary-riskos-api-key',
  RISKOS_ENVIRONMENT: 'Sandbox',
  RELAY_BEARER_TOKENS: 'canary-relay-bearer-tokens',
  ARCHIVE_RECIPIENTS: 'age1canary',
  PAYLOAD_RECIPIENTS: 'canary-recipient',
  PAYLOAD_IDENTITY: 'canary-identity',
};

const service = z.object({
  image: z.string(),
  build: z.object({ dockerfile: z.string() }).optional(),
  user: z.string().optional(),
  restart: z.string().optional(),
  read_only: z.boolean().default(false),
  privileged: z.boolean().default(false),
  cap_drop: z.array(z.string()).default([]),
  cap_add: z.array(z.string()).default([]),
  security_opt: z.array(z.string()).default([]),
  profiles: z.array(z.string()).default([]),
  command: z.array(z.string()).nullable(),
  environment: z.record(z.string(), z.string()).default({}),
  networks: z.record(z.string(), z.unknown()),
  ports: z.array(z.object({ host_ip: z.string(), target: z.number(), published: z.string() })).default([]),
  volumes: z
    .array(
      z.object({
        type: z.string(),
        source: z.string(),
        target: z.string(),
        read_only: z.boolean().default(false),
      }),
    )
    .default([]),
  healthcheck: z.object({ test: z.array(z.string()) }).optional(),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
});
const project = z.object({
  services: z.record(z.string(), service),
  networks: z.record(z.string(), z.object({ internal: z.boolean().default(false) })),
});
type Project = z.output<typeof project>;

const oneShot = ['temporal-schema', 'temporal-namespace', 'setup'];
const ours = ['setup', 'worker', 'relay', 'emulator'];

let folder: string;
let checker: string;
beforeAll(async () => {
  const go = await which('go', { nothrow: true });
  if (go === null) {
    throw new Error('docker-compose.yml is checked by compose-go: install Go (https://go.dev/doc/install)');
  }
  folder = await mkdtemp(join(tmpdir(), 'candidate-funnel-compose-'));
  checker = join(folder, 'checker');
  await run(go, ['build', '-o', checker, '.'], { cwd: join(import.meta.dirname, 'checker') });
}, 10 * 60_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

async function load(env: Record<string, string>, ...files: string[]): Promise<Project> {
  const { stdout } = await run(checker, files.length === 0 ? [composeFile] : files, {
    env: { PATH: process.env['PATH'], ...env },
  });
  return project.parse(JSON.parse(stdout));
}

async function changed(change: (text: string) => string): Promise<string> {
  const text = await readFile(composeFile, 'utf8');
  const broken = change(text);
  expect(broken).not.toBe(text);
  const path = join(folder, 'docker-compose.yml');
  await writeFile(path, broken);
  return path;
}

describe('the Compose file', () => {
  test('is accepted and starts what the README names', async () => {
    const { services } = await load(required);
    expect(Object.keys(services).toSorted()).toEqual(
      [...oneShot, 'emulator', 'postgresql', 'relay', 'temporal', 'temporal-ui', 'worker'].toSorted(),
    );
    const optional = Object.entries(services).filter(([, { profiles }]) => profiles.length > 0);
    expect(optional.map(([name, { profiles }]) => [name, profiles])).toEqual([['emulator', ['emulator']]]);
  });

  test.each([
    ['a misspelt key', (text: string) => text.replace('command: [relay]', 'comand: [relay]'), 'comand'],
    [
      'a dependency that does not exist',
      (text: string) => text.replace('postgresql: { condition', 'postgres: { condition'),
      'depends on undefined service "postgres"',
    ],
    [
      'a volume that does not exist',
      (text: string) => text.replace('  archive:\n', ''),
      'undefined volume archive',
    ],
  ])('would be refused with %s', async (_, change, reason) => {
    await expect(load(required, await changed(change))).rejects.toThrow(reason);
  });

  test.each(Object.keys(required))('says what to set when %s is missing', async (name) => {
    const env = Object.fromEntries(Object.entries(required).filter(([other]) => other !== name));
    await expect(load(env)).rejects.toThrow(`required variable ${name} is missing a value: `);
    await expect(load({ ...env, [name]: '' })).rejects.toThrow(
      `required variable ${name} is missing a value: `,
    );
  });

  test('takes the example environment, in which only the secrets and keys are left to be filled in', async () => {
    await expect(load({}, composeFile, exampleEnv)).rejects.toThrow('required variable');
    const { RISKOS_BASE_URL: _url, RISKOS_ENVIRONMENT: _environment, ...filled } = required;
    const { services } = await load(filled, composeFile, exampleEnv);
    expect(services['worker']?.environment['RISKOS_BASE_URL']).toBe('http://emulator:8090');
  });

  test('the example environment names each variable once, and gives the same defaults', async () => {
    const text = await readFile(exampleEnv, 'utf8');
    const names = [...text.matchAll(/^([A-Z_]+)=/gm)].map(([, name]) => name ?? '');
    expect(names).toEqual([...new Set(names)]);
    const used = new Set(
      [...(await readFile(composeFile, 'utf8')).matchAll(/\$\{([A-Z_]+)/g)].map(([, name]) => name ?? ''),
    );
    // Releases are pinned in the Compose file and raised there.
    expect(names.toSorted()).toEqual([...used].filter((name) => !name.endsWith('_VERSION')).toSorted());
    const empty = Object.fromEntries(Object.keys(required).map((name) => [name, `x-${name}`]));
    expect(await load(empty, composeFile, exampleEnv)).toEqual(await load(empty));
  });

  test('publishes ports on loopback only', async () => {
    const { services } = await load(required);
    const ports = Object.values(services).flatMap((each) => each.ports);
    expect(ports.map(({ published }) => published).toSorted()).toEqual(['7233', '8080', '8090', '8233']);
    for (const { host_ip } of ports) expect(host_ip).toBe('127.0.0.1');
    expect(services['postgresql']?.ports).toEqual([]);
  });

  test('contains no secret: each comes from a variable', async () => {
    const { services } = await load({ ...required, NOTIFY_SECRETS: 'canary-notify' });
    const secrets = Object.values(services)
      .flatMap(({ environment }) => Object.entries(environment))
      .filter(([name]) => /PASSWORD|PWD|KEY(?!_STORE)|IDENTITY|TOKEN|SECRET|CREDENTIAL/.test(name));
    expect(secrets.length).toBeGreaterThanOrEqual(7);
    for (const [name, value] of secrets)
      expect([name, value]).toEqual([name, expect.stringMatching(/^canary-/)]);
  });

  test('gives each service the secrets it needs and no others', async () => {
    const { services } = await load({ ...required, NOTIFY_SECRETS: 'canary-notify' });
    const holders = (canary: string) =>
      Object.entries(services)
        .filter(([, { environment }]) => Object.values(environment).includes(canary))
        .map(([name]) => name)
        .toSorted();
    expect(holders(required.POSTGRES_PASSWORD)).toEqual(['postgresql', 'temporal', 'temporal-schema']);
    expect(holders(required.RISKOS_API_KEY)).toEqual(['emulator', 'worker']);
    expect(holders(required.RELAY_BEARER_TOKENS)).toEqual(['emulator', 'relay']);
    expect(holders('canary-notify')).toEqual(['worker']);
  });

  test('every service has a health check and comes back, or runs once', async () => {
    const { services } = await load(required);
    for (const [name, { healthcheck, restart }] of Object.entries(services)) {
      const ends = oneShot.includes(name);
      expect([name, healthcheck !== undefined]).toEqual([name, !ends]);
      expect([name, restart]).toEqual([name, ends ? 'on-failure:5' : 'unless-stopped']);
    }
  });

  test('each waits for what it needs', async () => {
    const { services } = await load(required);
    for (const { depends_on } of Object.values(services)) {
      for (const [name, { condition }] of Object.entries(depends_on)) {
        const expected = oneShot.includes(name) ? 'service_completed_successfully' : 'service_healthy';
        expect([name, condition]).toEqual([name, expected]);
      }
    }
    expect(Object.keys(services['worker']?.depends_on ?? {})).toEqual(['setup', 'temporal']);
    expect(Object.keys(services['relay']?.depends_on ?? {})).toEqual(['setup', 'temporal']);
    expect(Object.keys(services['setup']?.depends_on ?? {})).toEqual(['temporal-namespace']);
    expect(Object.keys(services['temporal']?.depends_on ?? {})).toEqual(['postgresql', 'temporal-schema']);
  });

  test('nothing runs as root or can gain a privilege, and ours cannot write but to its volume', async () => {
    const { services } = await load(required);
    for (const [name, each] of Object.entries(services)) {
      expect([name, each.user]).toEqual([name, expect.stringMatching(/^[1-9]\d*:[1-9]\d*$/)]);
      expect([name, each.cap_drop, each.cap_add]).toEqual([name, ['ALL'], []]);
      expect([name, each.security_opt]).toEqual([name, ['no-new-privileges:true']]);
      expect([name, each.privileged]).toEqual([name, false]);
    }
    const writable = Object.entries(services).filter(([, each]) => !each.read_only);
    expect(writable.map(([name]) => name).filter((name) => ours.includes(name))).toEqual([]);
    const mounts = Object.values(services).flatMap(({ volumes }) => volumes);
    expect(mounts.filter(({ type, read_only }) => type === 'bind' && !read_only)).toEqual([]);
    expect(services['worker']?.volumes).toEqual([
      { type: 'volume', source: 'archive', target: '/archive', read_only: false },
      { type: 'volume', source: 'keys', target: '/keys', read_only: false },
    ]);
  });

  test('keeps the database to itself, and away from the internet', async () => {
    const { services, networks } = await load(required);
    expect(networks['database']?.internal).toBe(true);
    const near = Object.entries(services).filter(([, each]) => 'database' in each.networks);
    expect(near.map(([name]) => name).toSorted()).toEqual(['postgresql', 'temporal', 'temporal-schema']);
    expect(Object.keys(services['postgresql']?.networks ?? {})).toEqual(['database']);
  });

  test('pins every image, and builds ours from the Dockerfile', async () => {
    const { services } = await load(required);
    for (const [name, { image, build }] of Object.entries(services)) {
      expect([name, image]).toEqual([name, expect.stringMatching(/:(?!latest$).+$/)]);
      expect([name, build?.dockerfile]).toEqual([name, ours.includes(name) ? 'Dockerfile' : undefined]);
    }
    expect(services['temporal']?.image).toMatch(/^temporalio\/server:1\.29\./);
    expect(services['temporal-schema']?.image).toMatch(/^temporalio\/admin-tools:1\.29\./);
  });

  test('mounts files that exist', async () => {
    const { services } = await load(required);
    const mounted = Object.values(services)
      .flatMap(({ volumes }) => volumes)
      .filter(({ type }) => type === 'bind');
    expect(mounted).toHaveLength(2);
    for (const { source } of mounted) expect([source, existsSync(source)]).toEqual([source, true]);
  });
});

describe('the image', () => {
  test('takes its files from the sources that the build may see, and ends up as somebody else than root', async () => {
    const dockerfile = await readFile(join(root, 'Dockerfile'), 'utf8');
    const ignore = (await readFile(join(root, '.dockerignore'), 'utf8')).split('\n');
    expect(ignore.find((line) => line !== '' && !line.startsWith('#'))).toBe('*');
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, files]) =>
      (files ?? '').split(' '),
    );
    expect(copied).toContain('src');
    for (const file of copied) {
      expect([file, existsSync(join(root, file))]).toEqual([file, true]);
      expect(ignore).toContain(`!${file}`);
    }
    const last = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '));
    expect(last).toMatch(/^USER 1000:1000$/m);
    expect(last).toContain('ENTRYPOINT ["node", "bin/candidate-funnel.js"]');
  });

  test.each([
    [200, 0],
    [503, 1],
  ])('its health check turns an answer of %i into the exit code %i', async (status, code) => {
    const server = createServer((_, response) => response.writeHead(status).end()).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    expect(await exitCodeFor(`http://127.0.0.1:${port}/readyz`)).toBe(code);
  });

  test('its health check fails where nobody answers', async () => {
    expect(await exitCodeFor('http://127.0.0.1:1/readyz')).toBe(1);
  });
});

describe('the namespace script', () => {
  test('creates the namespace and says when it can be used, and does so again without harm', async () => {
    const namespace = `compose-${randomUUID()}`;
    const outputs = [await createNamespace(namespace), await createNamespace(namespace)];
    for (const { stdout } of outputs) expect(stdout).toContain(`the namespace ${namespace} is ready`);
  });

  test('gives up with the reason when no server answers', async () => {
    await expect(createNamespace('default', { TEMPORAL_ADDRESS: '127.0.0.1:1', TRIES: '1' })).rejects.toThrow(
      'the namespace default at 127.0.0.1:1 is not ready',
    );
  });
});

async function exitCodeFor(url: string): Promise<number | null> {
  const child = execFile(process.execPath, [join(root, 'deploy', 'healthcheck.js'), url]);
  await once(child, 'close');
  return child.exitCode;
}

async function createNamespace(namespace: string, env: Record<string, string> = {}) {
  const binary = await findTemporal({ env: process.env, onProgress: () => {} });
  return run('/bin/sh', [join(root, 'deploy', 'temporal-namespace.sh')], {
    env: {
      ...process.env,
      PATH: `${join(binary, '..')}:${process.env['PATH']}`,
      TEMPORAL_ADDRESS: inject('temporalAddress'),
      TEMPORAL_NAMESPACE: namespace,
      PAUSE: '0.2',
      ...env,
    },
  });
}
