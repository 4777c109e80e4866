import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { retentionFinding, wantedByPolicy } from '../../src/cli/doctor/retention.ts';
import {
  codecServerSettings,
  emulatorSettings,
  logSettings,
  monitorSettings,
  networkSettings,
  queueSettings,
  relaySettings,
  workerSettings,
} from '../../src/config.ts';
import { findTemporal } from '../../src/dev-server/index.ts';
import { composeFile, type ComposeReader, openComposeReader, root } from './project.ts';

/** Of Temporal's envconfig. */
const temporals = [
  'TEMPORAL_ADDRESS',
  'TEMPORAL_NAMESPACE',
  'TEMPORAL_API_KEY',
  'TEMPORAL_TLS',
  'TEMPORAL_TLS_CLIENT_CERT_PATH',
  'TEMPORAL_TLS_CLIENT_KEY_PATH',
  'TEMPORAL_TLS_SERVER_CA_CERT_PATH',
  'TEMPORAL_TLS_SERVER_NAME',
];
const emulatorOptions = ['EMULATOR_HOST', 'EMULATOR_PORT', 'EMULATOR_PUBLIC_URL', 'EMULATOR_WEBHOOK_URL'];

const exampleEnv = join(root, 'deploy', 'example.env');
const run = promisify(execFile);

/** What each variable that has no default is given; each value can be told from all others. */
const required = {
  RISKOS_BASE_URL: 'http://canary.example',
  RISKOS_ENVIRONMENT: 'Sandbox',
  ARCHIVE_RECIPIENTS: 'age1canary',
  PAYLOAD_RECIPIENTS: 'canary-recipient',
};

const oneShot = ['check-password', 'temporal-schema', 'temporal-namespace', 'setup'];
const ours = ['setup', 'worker', 'relay', 'monitor', 'codec-server', 'emulator'];
const profilesOf = {
  temporal: [
    'check-password',
    'postgresql',
    'temporal',
    'temporal-namespace',
    'temporal-schema',
    'temporal-ui',
  ],
  emulator: ['emulator'],
  codec: ['codec-server'],
  monitoring: ['grafana', 'prometheus'],
};
const always = ['monitor', 'relay', 'setup', 'worker'];

let folder: string;
let compose: ComposeReader;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'candidate-funnel-compose-test-'));
  compose = await openComposeReader();
}, 10 * 60_000);
afterAll(async () => {
  await compose.close();
  await rm(folder, { recursive: true, force: true });
});

const load: ComposeReader['load'] = (...given) => compose.load(...given);

async function changed(change: (text: string) => string): Promise<string> {
  const text = await readFile(composeFile, 'utf8');
  const broken = change(text);
  expect(broken).not.toBe(text);
  const path = join(folder, 'docker-compose.yml');
  await writeFile(path, broken);
  return path;
}

describe('the Compose file', () => {
  test('is accepted, and starts what a profile names', async () => {
    const started = async (profiles: string) => Object.keys((await load(required, { profiles })).services);
    expect((await started('')).toSorted()).toEqual(always);
    for (const [profile, services] of Object.entries(profilesOf)) {
      expect((await started(profile)).toSorted()).toEqual([...always, ...services].toSorted());
    }
    const all = await load(required);
    expect(Object.keys(all.services).toSorted()).toEqual(
      [...always, ...Object.values(profilesOf).flat()].toSorted(),
    );
  });

  test.each([
    ['a misspelt key', (text: string) => text.replace('command: [relay]', 'comand: [relay]'), 'comand'],
    [
      'a dependency that does not exist',
      (text: string) => text.replaceAll('setup: { condition', 'set-up: { condition'),
      'depends on undefined service "set-up"',
    ],
    [
      'a volume that does not exist',
      (text: string) => text.replace('  archive:\n', ''),
      'undefined volume archive',
    ],
  ])('would be refused with %s', async (_, change, reason) => {
    await expect(load(required, { file: await changed(change) })).rejects.toThrow(reason);
  });

  test.each(Object.keys(required))('says what to set when %s is missing', async (name) => {
    const env = Object.fromEntries(Object.entries(required).filter(([other]) => other !== name));
    await expect(load(env)).rejects.toThrow(`required variable ${name} is missing a value: `);
    await expect(load({ ...env, [name]: '' })).rejects.toThrow(
      `required variable ${name} is missing a value: `,
    );
  });

  test('takes the example environment, in which only the public keys are left to be filled in', async () => {
    await expect(load({}, { envFile: exampleEnv })).rejects.toThrow('required variable');
    const { RISKOS_BASE_URL: _url, RISKOS_ENVIRONMENT: _environment, ...filled } = required;
    const { services } = await load(filled, { envFile: exampleEnv });
    expect(services['worker']?.environment['RISKOS_BASE_URL']).toBe('http://emulator:8090');
  });

  test('the example environment names each variable once, and gives the same defaults', async () => {
    const names = await exampleNames();
    expect(names).toEqual([...new Set(names)]);
    const used = new Set(
      [...(await readFile(composeFile, 'utf8')).matchAll(/\$\{([A-Z_]+)/g)].map(([, name]) => name ?? ''),
    );
    // Read by Compose itself.
    used.add('COMPOSE_PROFILES');
    // Releases are pinned in the Compose file and raised there.
    const pinned = [...used].filter((name) => name.endsWith('_VERSION'));
    expect(names.filter((name) => !name.endsWith('_VERSION')).toSorted()).toEqual(
      [...used].filter((name) => !pinned.includes(name)).toSorted(),
    );
    const filled = Object.fromEntries(Object.keys(required).map((name) => [name, `x-${name}`]));
    // The one secret without a default, since RiskOS can authenticate otherwise.
    const asInExample = { ...filled, RELAY_BEARER_TOKENS_FILE: './secrets/relay-bearer-tokens' };
    expect(await load(filled, { envFile: exampleEnv })).toEqual(await load(asInExample));
  });

  test('gives our processes no setting that they do not know', async () => {
    const { services } = await load(required);
    const known: Record<string, z.ZodRawShape> = {
      setup: {},
      worker: workerSettings.shape,
      relay: relaySettings.shape,
      monitor: monitorSettings.shape,
      'codec-server': codecServerSettings.shape,
      emulator: emulatorSettings.shape,
    };
    for (const name of ours) {
      const settings = new Set([
        ...Object.keys(known[name] ?? {}),
        ...Object.keys({ ...logSettings.shape, ...networkSettings.shape, ...queueSettings.shape }),
        ...temporals,
        ...(name === 'emulator' ? emulatorOptions : []),
      ]);
      const given = Object.keys(services[name]?.environment ?? {});
      expect(given.length).toBeGreaterThan(4);
      const unknown = given.filter(
        (variable) => !settings.has(variable) && !settings.has(variable.replace(/_FILE$/, '')),
      );
      expect([name, unknown]).toEqual([name, []]);
    }
  });

  test('publishes ports on loopback only, one for the metrics of each process too', async () => {
    const { services } = await load(required);
    const ports = Object.values(services).flatMap((each) => each.ports);
    for (const { host_ip } of ports) expect(host_ip).toBe('127.0.0.1');
    const published = Object.entries(services).flatMap(([name, each]) =>
      each.ports.map((port) => `${name} ${port.published}:${port.target}`),
    );
    expect(published.toSorted()).toEqual([
      'codec-server 8081:8081',
      'emulator 8090:8090',
      'grafana 3000:3000',
      'monitor 9465:9465',
      'prometheus 9090:9090',
      'relay 8080:8080',
      'temporal 7233:7233',
      'temporal-ui 8233:8080',
      'worker 9470-9479:9464',
    ]);
  });

  test('passes secrets as files only, to each service those that it needs', async () => {
    const optional = {
      RELAY_BEARER_TOKENS_FILE: 'tokens',
      RELAY_BASIC_CREDENTIALS_FILE: 'credentials',
      NOTIFY_SECRETS_FILE: 'signing',
      TEMPORAL_API_KEY_FILE: 'api-key',
      TEMPORAL_TLS_CLIENT_KEY_PATH: 'client-key',
      TEMPORAL_AUTH_CLIENT_SECRET_FILE: 'client-secret',
    };
    const { services, secrets } = await load({ ...required, ...optional });
    const values = Object.entries(services).flatMap(([name, { environment }]) =>
      Object.entries(environment)
        .filter(([variable]) =>
          /PASSWORD|PWD|_KEY(?!_STORE)|IDENTITY|TOKEN(?!$)|SECRET|CREDENTIAL/.test(variable),
        )
        .map(([variable, value]) => [name, variable, value]),
    );
    expect(values.length).toBeGreaterThanOrEqual(14);
    for (const each of values) {
      expect(each).toEqual([each[0], each[1], expect.stringMatching(/^\/run\/secrets\//)]);
    }
    const holders = (secret: string) =>
      Object.entries(services)
        .filter(([, each]) => each.secrets.some(({ source }) => source === secret))
        .map(([name]) => name)
        .toSorted();
    expect(holders('postgres-password')).toEqual([
      'check-password',
      'postgresql',
      'temporal',
      'temporal-schema',
    ]);
    expect(holders('riskos-api-key')).toEqual(['emulator', 'worker']);
    expect(holders('relay-bearer-tokens')).toEqual(['emulator', 'relay']);
    expect(holders('notify-secrets')).toEqual(['worker']);
    expect(holders('payload-identity')).toEqual(['codec-server', 'worker']);
    expect(holders('temporal-api-key')).toEqual(['monitor', 'relay', 'setup', 'worker']);
    expect(holders('temporal-auth-client-secret')).toEqual(['temporal-ui']);
    expect(holders('grafana-password')).toEqual(['grafana']);
    // Compose cannot put a secret of another kind into a container that is read-only.
    for (const [name, { file }] of Object.entries(secrets)) {
      expect([name, file]).toEqual([name, expect.stringMatching(/^\//)]);
    }
  });

  test('keeps closed funnels as long as the default policy keeps images, so that doctor does not warn', async () => {
    const { services } = await load(required);
    const retention = /^(\d+)d$/.exec(
      services['temporal-namespace']?.environment['TEMPORAL_RETENTION'] ?? '',
    );
    expect(retentionFinding(Number(retention?.[1]) * 86_400_000, wantedByPolicy()).result).toBe('ok');
  });

  test('every file of /run/secrets that a setting names is one that its service has', async () => {
    const all = Object.fromEntries((await exampleNames()).map((name) => [name, `/files/${name}`]));
    const ports = Object.fromEntries(
      Object.keys(all)
        .filter((name) => /PORTS?$/.test(name))
        .map((name) => [name, '1000']),
    );
    const { services } = await load({ ...all, ...ports, ...required });
    let count = 0;
    for (const [name, { environment, secrets, command, entrypoint }] of Object.entries(services)) {
      const named = [...Object.values(environment), ...(command ?? []), ...(entrypoint ?? [])]
        .flatMap((text) => [...text.matchAll(/\/run\/secrets\/([a-z-]+)/g)])
        .map(([, secret]) => secret ?? '');
      count += named.length;
      expect([name, [...new Set(named)].toSorted()]).toEqual([
        name,
        secrets.map(({ source }) => source).toSorted(),
      ]);
    }
    expect(count).toBeGreaterThan(20);
  });

  test('reaches Temporal Cloud by .env alone, and starts no server then', async () => {
    const cloud = {
      ...required,
      TEMPORAL_ADDRESS: 'us-east-1.aws.api.temporal.io:7233',
      TEMPORAL_NAMESPACE: 'funnels.a1b2c',
      TEMPORAL_API_KEY_FILE: '/etc/candidate-funnel/api-key',
    };
    const { services, secrets } = await load(cloud, { profiles: '' });
    expect(Object.keys(services).toSorted()).toEqual(always);
    expect(secrets['temporal-api-key']?.file).toBe('/etc/candidate-funnel/api-key');
    for (const name of always) {
      expect(services[name]?.environment).toMatchObject({
        TEMPORAL_ADDRESS: cloud.TEMPORAL_ADDRESS,
        TEMPORAL_NAMESPACE: cloud.TEMPORAL_NAMESPACE,
        TEMPORAL_API_KEY_FILE: '/run/secrets/temporal-api-key',
        TEMPORAL_TLS_CLIENT_CERT_PATH: '',
      });
    }
    for (const { depends_on } of Object.values(services)) {
      for (const [name, { required: needed }] of Object.entries(depends_on)) {
        expect([name, needed]).toEqual([name, always.includes(name)]);
      }
    }
  });

  test('reaches a Temporal that wants a client certificate', async () => {
    const { services, secrets } = await load({
      ...required,
      TEMPORAL_ADDRESS: 'temporal.example:7233',
      TEMPORAL_TLS_CLIENT_CERT_PATH: '/etc/tls/client.pem',
      TEMPORAL_TLS_CLIENT_KEY_PATH: '/etc/tls/client.key',
      TEMPORAL_TLS_SERVER_CA_CERT_PATH: '/etc/tls/ca.pem',
      TEMPORAL_TLS_SERVER_NAME: 'temporal.example',
    });
    for (const name of always) {
      expect(services[name]?.environment).toMatchObject({
        TEMPORAL_TLS_CLIENT_CERT_PATH: '/run/secrets/temporal-client-certificate',
        TEMPORAL_TLS_CLIENT_KEY_PATH: '/run/secrets/temporal-client-key',
        TEMPORAL_TLS_SERVER_CA_CERT_PATH: '/run/secrets/temporal-server-ca',
        TEMPORAL_TLS_SERVER_NAME: 'temporal.example',
      });
    }
    expect(secrets['temporal-client-key']?.file).toBe('/etc/tls/client.key');
  });

  test('tells the Temporal UI where the codec server is, and passes the token of who is signed in', async () => {
    const { services } = await load({
      ...required,
      CODEC_PUBLIC_URL: 'https://codec.example',
      TEMPORAL_AUTH_ENABLED: 'true',
    });
    expect(services['temporal-ui']?.environment).toMatchObject({
      TEMPORAL_CODEC_ENDPOINT: 'https://codec.example',
      TEMPORAL_CODEC_PASS_ACCESS_TOKEN: 'true',
    });
    const volume = ({ source }: { source: string }) => source === 'keys';
    expect(services['codec-server']?.volumes.some(volume)).toBe(true);
    expect(services['codec-server']?.environment['CODEC_AUTH'] ?? 'jwt').toBe('jwt');
  });

  test('bounds what each service may use', async () => {
    const { services } = await load(required);
    for (const [name, { deploy }] of Object.entries(services)) {
      const limits = deploy?.resources.limits;
      expect([
        name,
        Number(limits?.cpus) > 0,
        Number(limits?.memory) > 2 ** 26,
        Number(limits?.pids) > 0,
      ]).toEqual([name, true, true, true]);
    }
  });

  test('keeps the database where the image of this release has it', async () => {
    const { services } = await load(required);
    const { image = '', volumes = [] } = services['postgresql'] ?? {};
    const [, major = ''] = /^postgres:(\d+)/.exec(image) ?? [];
    expect(Number(major)).toBeGreaterThanOrEqual(18);
    expect(volumes).toEqual([
      { type: 'volume', source: 'postgresql', target: '/var/lib/postgresql', read_only: false },
    ]);
  });

  test('every service has a health check and comes back, or runs once', async () => {
    const { services } = await load(required);
    for (const [name, { healthcheck, restart }] of Object.entries(services)) {
      const ends = oneShot.includes(name);
      expect([name, healthcheck !== undefined]).toEqual([name, !ends]);
      expect([name, restart]).toEqual([
        name,
        name === 'check-password' ? 'no' : ends ? 'on-failure:5' : 'unless-stopped',
      ]);
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
    expect(Object.keys(services['postgresql']?.depends_on ?? {})).toEqual(['check-password']);
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
    expect(services['worker']?.volumes).toEqual([
      { type: 'volume', source: 'archive', target: '/archive', read_only: false },
      { type: 'volume', source: 'keys', target: '/keys', read_only: false },
    ]);
  });

  test('keeps the database to itself, and away from the internet', async () => {
    const { services, networks } = await load(required);
    expect(networks['database']?.internal).toBe(true);
    const near = Object.entries(services).filter(([, each]) => 'database' in each.networks);
    expect(near.map(([name]) => name).toSorted()).toEqual([
      'check-password',
      'postgresql',
      'temporal',
      'temporal-schema',
    ]);
    expect(Object.keys(services['postgresql']?.networks ?? {})).toEqual(['database']);
  });

  test('pins every image, and builds from the Dockerfile what has files of ours', async () => {
    const { services } = await load(required);
    const targets = new Set((await stagesOf()).map(({ name }) => name));
    const built = Object.entries(services).filter(([, { build }]) => build !== undefined);
    for (const [name, { image, build }] of Object.entries(services)) {
      expect([name, image]).toEqual([name, expect.stringMatching(/:(?!latest$).+$/)]);
      expect([name, build === undefined || targets.has(build.target)]).toEqual([name, true]);
    }
    const tools = ['check-password', 'temporal-schema', 'temporal-namespace'];
    expect(built.map(([name]) => name).toSorted()).toEqual(
      [...ours, ...tools, 'grafana', 'prometheus'].toSorted(),
    );
    for (const name of tools) expect(services[name]?.build?.target).toBe('temporal-tools');
    for (const name of ours) expect(services[name]?.build?.target).toBe('candidate-funnel');
    const released = await load({ ...required, WORKER_BUILD_ID: 'canary-id' });
    for (const name of ours) {
      expect(released.services[name]?.build?.args).toEqual({ WORKER_BUILD_ID: 'canary-id' });
      expect(services[name]?.build?.args).toEqual({ WORKER_BUILD_ID: '' });
    }
    expect(services['temporal']?.image).toMatch(/^temporalio\/server:1\.29\./);
  });

  test('mounts no file of the repository, whose permissions are those of the clone', async () => {
    const { services } = await load(required);
    const mounts = Object.values(services).flatMap(({ volumes }) => volumes);
    expect(mounts.filter(({ type }) => type !== 'volume')).toEqual([]);
  });

  test('Prometheus scrapes ports that the services have', async () => {
    const { services } = await load(required);
    const text = await readFile(join(root, 'deploy', 'prometheus', 'prometheus.yml'), 'utf8');
    const { scrape_configs: jobs } = z
      .object({
        scrape_configs: z.array(
          z.object({
            job_name: z.string(),
            dns_sd_configs: z.array(z.object({ names: z.array(z.string()), port: z.number() })).default([]),
            static_configs: z.array(z.object({ targets: z.array(z.string()) })).default([]),
          }),
        ),
      })
      .parse(parse(text));
    const targets = jobs.flatMap((job) => [
      ...job.dns_sd_configs.flatMap(({ names, port }) => names.map((name) => `${name}:${port}`)),
      ...job.static_configs.flatMap((each) => each.targets),
    ]);
    const addresses = Object.entries(services).flatMap(([name, { ports }]) =>
      ports.map(({ target }) => `${name}:${target}`),
    );
    expect(targets.toSorted()).toEqual([
      'codec-server:8081',
      'monitor:9465',
      'relay:8080',
      'temporal:8000',
      'worker:9464',
    ]);
    // Temporal's own is not published.
    expect(services['temporal']?.environment['PROMETHEUS_ENDPOINT']).toBe('0.0.0.0:8000');
    expect([...addresses, 'temporal:8000']).toEqual(expect.arrayContaining(targets));
  });
});

describe('the image', () => {
  test('takes its files from the sources that the build may see, and ends up as somebody else than root', async () => {
    const ignore = (await readFile(join(root, '.dockerignore'), 'utf8')).split('\n');
    expect(ignore.find((line) => line !== '' && !line.startsWith('#'))).toBe('*');
    const allowed = ignore.filter((line) => line.startsWith('!')).map((line) => line.slice(1));
    const stages = await stagesOf();
    const copied = stages.flatMap(({ copies }) => copies.filter(({ from }) => from === undefined));
    const sources = copied.flatMap(({ files }) => files);
    expect(sources).toContain('src');
    for (const file of sources) {
      expect([file, existsSync(join(root, file))]).toEqual([file, true]);
      expect([file, allowed.some((each) => file === each || file.startsWith(`${each}/`))]).toEqual([
        file,
        true,
      ]);
    }
    const last = stages.at(-1);
    expect(last?.name).toBe('candidate-funnel');
    expect(last?.text).toMatch(/^USER 1000:1000$/m);
    expect(last?.text).toContain('ENTRYPOINT ["node", "bin/candidate-funnel.js"]');
  });

  test('has Node 24, and nothing of the permissions of the clone', async () => {
    const stages = await stagesOf();
    const images = stages.map(({ image }) => image).filter((image) => image.startsWith('node:'));
    expect(images).toEqual(['node:24-bookworm-slim', 'node:24-bookworm-slim']);
    const [build, ...others] = stages;
    // After everything that comes from the clone.
    expect(build?.name).toBe('build');
    expect(build?.text.trimEnd().split('\n').at(-1)).toBe('RUN chmod -R u=rwX,go=rX /app');
    const copied = others.flatMap(({ name, copies }) =>
      copies.map(({ chmod, from }) => `${name}: ${from ?? chmod}`),
    );
    expect([...new Set(copied)]).toEqual([
      'temporal-tools: 755',
      'prometheus: 755',
      'grafana: 755',
      'candidate-funnel: build',
    ]);
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

describe('the password script', () => {
  const check = async (password: string) => {
    const file = join(folder, 'postgres-password');
    await writeFile(file, password);
    return run('/bin/sh', [join(root, 'deploy', 'check-password.sh'), file]);
  };

  test('takes every printable character that Temporal takes', async () => {
    const printable = Array.from({ length: 94 }, (_, at) => String.fromCharCode(33 + at)).join('');
    const usable = printable.replaceAll(/["\\]/g, '');
    await expect(check(`${usable}\n`)).resolves.toMatchObject({
      stdout: 'the database password can be used\n',
    });
  });

  test.each([
    ['a quote', 'pass"word', 'has a " or a \\'],
    ['a backslash', 'pass\\word', 'has a " or a \\'],
    ['a space', 'pass word', 'has a space, or a character that is not ASCII'],
    ['a letter with an accent', 'pässword', 'has a space, or a character that is not ASCII'],
    ['two lines', 'pass\nword', 'has more than one line'],
    ['nothing', '\n', 'is empty'],
  ])('refuses one with %s, with the reason and without the password', async (_, password, reason) => {
    const refusal = await check(password).catch((error: unknown) => error);
    const { code, stderr } = z.object({ code: z.number(), stderr: z.string() }).parse(refusal);
    expect(code).toBe(1);
    expect(stderr).toContain(reason);
    expect(stderr.includes(password.trim())).toBe(password.trim() === '');
  });
});

describe('the script of the secrets', () => {
  const make = (secrets: string) =>
    run('/bin/sh', [
      '-c',
      `umask 077; exec /bin/sh "$0" "$1"`,
      join(root, 'deploy', 'make-secrets.sh'),
      secrets,
    ]);

  test('makes what can be made, and names what only the operator has', async () => {
    const secrets = join(folder, 'secrets');
    const refusal = await make(secrets).catch((error: unknown) => error);
    const { code, stderr } = z.object({ code: z.number(), stderr: z.string() }).parse(refusal);
    expect(code).toBe(1);
    expect(stderr).toContain(`missing: ${secrets}/riskos-api-key`);
    expect(stderr).toContain(`missing: ${secrets}/payload-identity`);
    const made = async () =>
      Promise.all(
        ['grafana-password', 'postgres-password', 'relay-bearer-tokens'].map((name) =>
          readFile(join(secrets, name), 'utf8'),
        ),
      );
    const first = await made();
    for (const secret of first) expect(secret).toMatch(/^[0-9a-f]{48}$/);
    for (const name of ['riskos-api-key', 'payload-identity'])
      await writeFile(join(secrets, name), 'x', { mode: 0o600 });
    await expect(make(secrets)).resolves.toBeDefined();
    expect(await made()).toEqual(first);
    // Readable for the users of the containers, in a folder that nobody else enters; under any umask.
    expect((await stat(secrets)).mode & 0o777).toBe(0o700);
    for (const name of await readdir(secrets)) {
      expect([name, (await stat(join(secrets, name))).mode & 0o777]).toEqual([name, 0o644]);
    }
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

async function exampleNames(): Promise<string[]> {
  const text = await readFile(exampleEnv, 'utf8');
  return [...text.matchAll(/^([A-Z_]+)=/gm)].map(([, name]) => name ?? '');
}

interface Stage {
  name: string;
  image: string;
  text: string;
  copies: { files: string[]; from: string | undefined; chmod: string | undefined }[];
}

async function stagesOf(): Promise<Stage[]> {
  const dockerfile = await readFile(join(root, 'Dockerfile'), 'utf8');
  return dockerfile
    .replace(/^#.*\n/gm, '')
    .split(/^(?=FROM )/m)
    .slice(1)
    .map((text) => {
      const [, image = '', name = ''] = /^FROM (\S+) AS (\S+)$/m.exec(text) ?? [];
      const copies = [...text.matchAll(/^COPY (.+) \S+$/gm)].map(([, given = '']) => {
        const words = given.split(' ');
        const flag = (of: string) => words.find((word) => word.startsWith(of))?.slice(of.length);
        return {
          files: words.filter((word) => !word.startsWith('--')),
          from: flag('--from='),
          chmod: flag('--chmod='),
        };
      });
      return { name, image, text, copies };
    });
}

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
