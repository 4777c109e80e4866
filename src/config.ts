import { z } from 'zod';
import { build } from './build-info.ts';
import { type Environment, SettingsError, urlFault, valueOf } from './client/settings.ts';
import { defaultLimits as codecServerLimits } from './codec/server/limits.ts';
import { isLoopback } from './codec/server/loopback.ts';
import { checkInput, defaultTaskQueue, describeIssues } from './contract/index.ts';
import { basicCredentials, bearerToken } from './http-server/credentials.ts';
import { jwtAlgorithms } from './http-server/jwt-algorithms.ts';
import { defaultLimits } from './http-server/limits.ts';
import { trustedProxy } from './http-server/proxies.ts';
import { previousReferencePlacements } from './riskos/wire.ts';
import { buildIdWords, isBuildId } from './worker/build-id.ts';

const secret = z.string().trim().min(1, 'must not be empty');
const word = z.string().trim().min(1, 'must not be empty');
const list = z
  .string()
  .transform((text) =>
    text
      .split(',')
      .map((part) => part.trim())
      .filter(Boolean),
  )
  .pipe(z.array(z.string()).min(1, 'must name at least one, separated by commas'));
const portWords = 'must be a port number from 0 to 65535';
const port = z
  .string()
  .trim()
  .regex(/^[0-9]{1,5}$/, portWords)
  .transform(Number)
  .pipe(z.int().max(65_535, portWords));

/** An address or a name to listen at. */
const host = z
  .string()
  .trim()
  .regex(/^[^\s/]+$/, 'must be an address or a host name, such as 127.0.0.1');

export const logSettings = z.object({
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
});

/** An http(s) URL; `exception` is who may have it without TLS. */
const secureUrl = (exception: string) =>
  z
    .string()
    .trim()
    .check((context) => {
      const message = urlFault(context.value, exception);
      if (message !== undefined) {
        // Goes on, so that other settings that are wrong are named too.
        context.issues.push({ code: 'custom', message, input: context.value, continue: true });
      }
    });

const riskosUrl = secureUrl('for the emulator').refine((text) => {
  if (!URL.canParse(text)) return true;
  const { pathname, search, hash } = new URL(text);
  return pathname === '/' && search === '' && hash === '';
}, 'must be an address without path or query, such as "https://riskos.socure.com"');

/** Requests a second beyond which no limit of RiskOS would ever be met. */
const mostRequests = 10_000;
const rateWords = `must be a number from 0.01 to ${mostRequests}`;

export const riskosSettings = z.object({
  RISKOS_BASE_URL: riskosUrl,
  RISKOS_API_KEY: secret
    .regex(/^[\x21-\x7e]+$/, 'must be the key alone, in ASCII and without spaces or quotes')
    .refine((key) => !/^["'`]|["'`]$/.test(key), 'must be the key alone, without quotes around it'),
  RISKOS_API_VERSION: z
    .string()
    .trim()
    .regex(/^[\w.-]{1,100}$/, 'must be a version such as "2025-01-01.orion"')
    .default('2025-01-01.orion'),
  RISKOS_ENVIRONMENT: z.enum(['Sandbox', 'Production']),
  /** The workflow's name in the RiskOS dashboard. */
  RISKOS_WORKFLOW: word.max(200).default('workforce_verification'),
  /** Where a selfie reverification names the accepted documents: Socure's pages disagree [open]. */
  RISKOS_PREVIOUS_REFERENCE_PLACEMENT: z
    .enum(previousReferencePlacements)
    .default(previousReferencePlacements[0]),
  /** A table of reason codes, as JSON, in place of the built-in one. */
  RISKOS_REASON_CODES_FILE: z.string().min(1).optional(),
  /** Requests a second that the whole fleet sends; the sandbox takes ten [doc]. */
  RISKOS_REQUESTS_PER_SECOND: z.coerce
    .number({ error: rateWords })
    .min(0.01, rateWords)
    .max(mostRequests, rateWords)
    .default(10),
});

export const archiveSettings = z.object({
  /** Where the encrypted images go: `file:///absolute/folder` or `s3://bucket/prefix?endpoint=…&region=…`. */
  ARCHIVE_URL: z
    .string()
    .trim()
    .refine((text) => !isWindowsPath(text) || process.platform === 'win32', {
      error: 'has the path of a Windows machine, and this is none; it must be file:///absolute/folder',
      abort: true,
    })
    .refine((text) => !/^file:/i.test(text) || text.startsWith('file:///'), {
      error: 'must have three slashes after "file:", as in file:///absolute/folder',
    }),
  /** The age public keys that can open them. */
  ARCHIVE_RECIPIENTS: list,
  /** Mebibytes of RiskOS's ZIPs that a worker holds at once; the largest that is taken has 64. */
  ARCHIVE_MEMORY_MB: z.coerce.number().int().min(64, 'must be at least 64').max(65_536).default(64),
});

/** For the demo and `dev`, which have an archive of their own unless one is named. */
export const ownArchiveSettings = archiveSettings
  .pick({ ARCHIVE_URL: true, ARCHIVE_RECIPIENTS: true })
  .partial();

/** For who reads the archive and needs no key to write to it. */
export const archiveUrlSettings = archiveSettings.pick({ ARCHIVE_URL: true });

/** `C:\images`, `file:///C:/images`, `file://C:\images`, or any backslash. */
function isWindowsPath(text: string): boolean {
  return /^(file:\/*)?[A-Za-z](:|%3A)[\\/]/i.test(text) || text.includes('\\');
}

const count = z.coerce
  .number({ error: 'must be a number' })
  .int('must be a whole number')
  .min(1, 'must be at least 1');
const authKinds = ['bearer', 'basic', 'oauth2'] as const;

export const relaySettings = z
  .object({
    RELAY_HOST: host.default('127.0.0.1'),
    RELAY_PORT: port.default(8080),
    /** How RiskOS authenticates, as chosen in its dashboard; several while one replaces another. */
    RELAY_AUTH: list
      .pipe(z.array(z.enum(authKinds, { error: 'must be of bearer, basic and oauth2, separated by commas' })))
      .default(['bearer']),
    RELAY_BEARER_TOKENS: list.pipe(z.array(bearerToken)).optional(),
    RELAY_BASIC_CREDENTIALS: list.pipe(z.array(basicCredentials)).optional(),
    RELAY_OAUTH_ISSUER: z.string().trim().min(1).optional(),
    RELAY_OAUTH_AUDIENCE: list.optional(),
    RELAY_OAUTH_JWKS_URL: secureUrl('on this machine').optional(),
    RELAY_OAUTH_ALGORITHMS: list
      .pipe(z.array(z.enum(jwtAlgorithms, { error: `must be of ${jwtAlgorithms.join(', ')}` })))
      .default(['RS256', 'ES256']),
    /** Whose `X-Forwarded-For` counts. */
    RELAY_TRUSTED_PROXIES: list.pipe(z.array(trustedProxy)).default([]),
    RELAY_MAX_CONNECTIONS: count.default(defaultLimits.connections),
    RELAY_MAX_CONNECTIONS_PER_ADDRESS: count.default(defaultLimits.connectionsPerAddress),
    RELAY_MAX_IN_FLIGHT: count.default(defaultLimits.inFlight),
    RELAY_REQUESTS_PER_SECOND: count.default(defaultLimits.requestsPerSecond),
  })
  .superRefine((given, context) => {
    for (const kind of authKinds) {
      const isNamed = given.RELAY_AUTH.includes(kind);
      for (const name of settingsOfAuth[kind]) {
        if (isNamed === (given[name] !== undefined)) continue;
        const message = isNamed
          ? 'is needed'
          : `is set, but RELAY_AUTH does not name "${kind}": name it, or remove the setting`;
        context.addIssue({ code: 'custom', path: [name], message });
      }
    }
  });

/** A kind that is named needs all of its settings; a secret that is set and does nothing would be believed to work. */
const settingsOfAuth = {
  bearer: ['RELAY_BEARER_TOKENS'],
  basic: ['RELAY_BASIC_CREDENTIALS'],
  oauth2: ['RELAY_OAUTH_ISSUER', 'RELAY_OAUTH_AUDIENCE', 'RELAY_OAUTH_JWKS_URL'],
} as const;

/** An origin as browsers send it: nothing that a page of somebody else could match. */
const origin = secureUrl('on this machine').refine(
  (text) => URL.canParse(text) && new URL(text).origin === text,
  {
    error: 'must be origins such as "https://temporal.example", without a path or a slash at the end',
  },
);

type Needed = [(given: CodecAuth) => boolean, { path: string[]; error: string; when: () => boolean }];
type CodecAuth = Partial<
  Record<'CODEC_AUTH' | 'CODEC_JWKS_URL' | 'CODEC_ISSUER' | 'CODEC_AUDIENCE', unknown>
>;

/** Looked at also where other settings are wrong, so that all are named at once. */
function authNeeds(name: keyof CodecAuth): Needed {
  const error =
    'is needed: without authentication the codec server starts only with CODEC_AUTH=off, on a loopback address';
  // Without its default where another setting is wrong.
  const isThere = (given: CodecAuth) => given.CODEC_AUTH === 'off' || given[name] !== undefined;
  return [isThere, { path: [name], error, when: () => true }];
}

/** Somebody who sets an issuer and switches authentication off is mistaken about one of them. */
function offLeaves(name: keyof CodecAuth): Needed {
  const error = 'is set, but CODEC_AUTH=off lets everybody in: remove one of them';
  const isAbsent = (given: CodecAuth) => given.CODEC_AUTH !== 'off' || given[name] === undefined;
  return [isAbsent, { path: [name], error, when: () => true }];
}

export const codecServerSettings = z
  .object({
    KEY_STORE_URL: word,
    PAYLOAD_RECIPIENTS: list,
    /** It opens the keys: age secret keys, one a line, mostly of PAYLOAD_IDENTITY_FILE. */
    PAYLOAD_IDENTITY: secret,
    CODEC_HOST: host.default('127.0.0.1'),
    CODEC_PORT: port.default(8081),
    /** `off`: everybody who reaches it may decode everything; on a loopback address only. */
    CODEC_AUTH: z.enum(['jwt', 'off'], { error: 'must be jwt or off' }).default('jwt'),
    CODEC_JWKS_URL: secureUrl('on this machine').optional(),
    /** The access tokens' `iss`, and one of their `aud`. */
    CODEC_ISSUER: word.optional(),
    CODEC_AUDIENCE: list.optional(),
    CODEC_ALGORITHMS: list
      .pipe(z.array(z.enum(jwtAlgorithms, { error: `must be of ${jwtAlgorithms.join(', ')}` })))
      .default(['RS256', 'ES256']),
    /** The claim that holds the roles, or a path to it such as `realm_access.roles`. */
    CODEC_ROLES_CLAIM: word.default('roles'),
    /** Which roles may read everything and encode, and which may read statuses only. */
    CODEC_ROLES_ALL: list.default(['codec-all']),
    CODEC_ROLES_STATUS: list.default(['codec-status']),
    /** The origins of the Temporal UIs whose pages may ask; nobody's unless set. */
    CODEC_ORIGINS: list.pipe(z.array(origin)).default([]),
    CODEC_TRUSTED_PROXIES: list.pipe(z.array(trustedProxy)).default([]),
    CODEC_REQUESTS_PER_SECOND: count.default(codecServerLimits.requestsPerSecondOfIdentity),
  })
  .refine(...authNeeds('CODEC_JWKS_URL'))
  .refine(...authNeeds('CODEC_ISSUER'))
  .refine(...authNeeds('CODEC_AUDIENCE'))
  .refine(...offLeaves('CODEC_JWKS_URL'))
  .refine(...offLeaves('CODEC_ISSUER'))
  .refine(...offLeaves('CODEC_AUDIENCE'))
  .refine(({ CODEC_AUTH, CODEC_HOST }) => CODEC_AUTH !== 'off' || isLoopback(CODEC_HOST), {
    path: ['CODEC_HOST'],
    error: 'must be 127.0.0.1, ::1 or localhost while CODEC_AUTH=off',
    when: () => true,
  });

function hasSecrets(given: {
  NOTIFY_URL?: string | undefined;
  NOTIFY_SECRETS?: string[] | undefined;
}): boolean {
  return !given.NOTIFY_URL || given.NOTIFY_SECRETS !== undefined;
}

/** Looked at also where other settings are wrong, so that all are named at once. */
const secretsNeeded = {
  path: ['NOTIFY_SECRETS'],
  error: 'is needed with NOTIFY_URL',
  when: () => true,
};

/** The emulator's secrets; its other settings are options of its command. */
export const emulatorSettings = z.object({
  EMULATOR_API_KEY: secret.default('emulator'),
  EMULATOR_WEBHOOK_TOKEN: secret.optional(),
});

export const notifySettings = z
  .object({
    /** Where notices are sent to HR's system; without it none are sent. */
    NOTIFY_URL: secureUrl('on this machine').optional(),
    /** The signing secrets of Standard Webhooks; several while one is rotated. */
    NOTIFY_SECRETS: list
      .pipe(
        z.array(
          z
            .string()
            .regex(
              /^whsec_[A-Za-z0-9+/]{32,}={0,2}$/,
              'must have secrets such as "whsec_" and 24 bytes or more in base64, separated by commas',
            ),
        ),
      )
      .optional(),
  })
  .refine(hasSecrets, secretsNeeded);

/** Other programs write a proxy without a scheme too. */
const proxy = z
  .string()
  .transform((text) => (text.includes('://') ? text : `http://${text}`))
  .refine(isProxy, 'must be an http(s) URL such as "http://proxy.example:3128"');

function isProxy(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return /^https?:$/.test(protocol) && [username, password].every(isPercentEncoded);
}

function isPercentEncoded(text: string): boolean {
  return !/%(?![0-9a-f]{2})/i.test(text);
}

/** The variables that other programs read too; see `src/network.ts`. */
export const networkSettings = z.object({
  HTTPS_PROXY: proxy.optional(),
  HTTP_PROXY: proxy.optional(),
  NO_PROXY: z.string().trim().optional(),
});

const metricsAddress = z
  .string()
  .trim()
  .regex(/^([^\s:[\]]+|\[[0-9a-fA-F:.]+\]):\d{1,5}$/, 'must be host:port, such as 127.0.0.1:9464')
  .refine(
    (address) => Number(address.slice(address.lastIndexOf(':') + 1)) <= 65_535,
    'must have a port up to 65535',
  );

export const metricsSettings = z.object({ METRICS_ADDRESS: metricsAddress.optional() });

export const monitorSettings = z.object({
  METRICS_ADDRESS: metricsAddress.default('127.0.0.1:9465'),
  ...logSettings.shape,
});

/** Temporal's own settings are read by its envconfig; this one is ours. */
export const queueSettings = z.object({
  FUNNEL_TASK_QUEUE: word.max(200).default(defaultTaskQueue),
});

/** The keys that encrypt what Temporal stores; docs/encryption.md has their ceremony. */
export const payloadSettings = z.object({
  PAYLOAD_ENCRYPTION: z.enum(['on', 'off']).default('on'),
  KEY_STORE_URL: z.string().trim().min(1).optional(),
  /** age public keys. */
  PAYLOAD_RECIPIENTS: list.optional(),
  /** Of a process that decrypts: age secret keys, one a line. */
  PAYLOAD_IDENTITY: secret.optional(),
});

/** For the verbs of HR and operators, which hold no key: the codec server that encrypts and decrypts for them. */
export const codecClientSettings = z.object({
  CODEC_URL: secureUrl('on this machine').optional(),
  /** An access token of the role that may encode and decode. */
  CODEC_TOKEN: secret.optional(),
});

const payloadKeys = ['KEY_STORE_URL', 'PAYLOAD_RECIPIENTS', 'PAYLOAD_IDENTITY'] as const;
type PayloadKeys = Partial<Record<(typeof payloadKeys)[number] | 'PAYLOAD_ENCRYPTION', unknown>>;
const neededToEncrypt =
  'is not set, and is needed to encrypt what Temporal stores (PAYLOAD_ENCRYPTION=off switches that off)';

/** Which of them are missing where payloads are encrypted and decrypted. */
export function payloadFaults(given: PayloadKeys): string[] {
  if (given.PAYLOAD_ENCRYPTION === 'off') return [];
  return payloadKeys
    .filter((name) => given[name] === undefined)
    .map((name) => `${unset(name)} ${neededToEncrypt}`);
}

/** Looked at also where other settings are wrong, so that all are named at once. */
function encryptionNeeds(
  name: (typeof payloadKeys)[number],
): [(given: PayloadKeys) => boolean, { path: string[]; error: string; when: () => boolean }] {
  const isThere = (given: PayloadKeys) => given.PAYLOAD_ENCRYPTION === 'off' || given[name] !== undefined;
  return [isThere, { path: [name], error: neededToEncrypt, when: () => true }];
}

const deploymentName = /^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/;

/** Which version of the workers this is; docs/upgrading.md. */
export const versionSettings = z.object({
  WORKER_DEPLOYMENT_NAME: z
    .string()
    .trim()
    .regex(deploymentName, 'must have up to 100 letters, digits and _ or -, and begin with a letter or digit')
    .optional(),
  /** The commit of the build when absent. */
  WORKER_BUILD_ID: z.string().trim().refine(isBuildId, buildIdWords).optional(),
});

/** Looked at also where other settings are wrong, so that all are named at once. */
const buildIdNeeded = {
  path: ['WORKER_BUILD_ID'],
  error:
    'is not set, and is needed with WORKER_DEPLOYMENT_NAME: this build was made without git and has no id of its own',
  when: () => true,
};

function hasBuildId(given: z.output<typeof versionSettings>): boolean {
  return !given.WORKER_DEPLOYMENT_NAME || (given.WORKER_BUILD_ID ?? build.buildId) !== null;
}

/** All that a worker reads, so that everything that is wrong is named at once. */
export const workerSettings = z
  .object({
    ...riskosSettings.shape,
    ...archiveSettings.shape,
    ...notifySettings.shape,
    ...metricsSettings.shape,
    ...queueSettings.shape,
    ...payloadSettings.shape,
    ...versionSettings.shape,
    ...logSettings.shape,
  })
  .refine(hasBuildId, buildIdNeeded)
  .refine(hasSecrets, secretsNeeded)
  .refine(...encryptionNeeds('KEY_STORE_URL'))
  .refine(...encryptionNeeds('PAYLOAD_RECIPIENTS'))
  .refine(...encryptionNeeds('PAYLOAD_IDENTITY'));

export const policySettings = z.object({ FUNNEL_POLICY_FILE: z.string().min(1).optional() });

/** Every setting that any process reads, but Temporal's own. */
export const allSettings = {
  ...workerSettings.shape,
  ...relaySettings.shape,
  ...codecServerSettings.shape,
  ...codecClientSettings.shape,
  ...networkSettings.shape,
  ...policySettings.shape,
};

/**
 * Reads some settings from the environment. Every NAME may come as NAME_FILE, a file that holds the value. Throws
 * {@link SettingsError} that names all that are wrong.
 */
export function readSettings<Schema extends z.ZodObject>(
  schema: Schema,
  environment: Environment = process.env,
): z.output<Schema> {
  const read = Object.keys(schema.shape).map((name) => ({ name, ...valueOf(name, environment) }));
  const given = Object.fromEntries(
    read.flatMap(({ name, value }) => (value === undefined || value === '' ? [] : [[name, value]])),
  );
  const parsed = checkInput(schema, given);
  const unreadable = new Map(read.flatMap(({ name, fault }) => (fault === undefined ? [] : [[name, fault]])));
  if (parsed.success && unreadable.size === 0) return parsed.data;
  const wrong = new Map(unreadable);
  for (const issue of parsed.error?.issues ?? []) {
    const name = String(issue.path[0] ?? 'a setting');
    if (!wrong.has(name)) wrong.set(name, faultOf(name, issue, name in given));
  }
  throw new SettingsError([...wrong.values()].join('; '));
}

function faultOf(name: string, issue: z.core.$ZodIssue, isSet: boolean): string {
  if (isSet || issue.code === 'custom') {
    return `${isSet ? name : unset(name)} ${describeIssues(new z.ZodError([{ ...issue, path: [] }])).replace(/^the input /, '')}`;
  }
  return `${unset(name)} is not set, and is needed here`;
}

/** Those that people give as files, and would not recognize without. */
const givenAsFiles: readonly string[] = [
  'RISKOS_API_KEY',
  'PAYLOAD_IDENTITY',
  'RELAY_BEARER_TOKENS',
  'RELAY_BASIC_CREDENTIALS',
  'NOTIFY_SECRETS',
];

function unset(name: string): string {
  return givenAsFiles.includes(name) ? `${name} (or ${name}_FILE)` : name;
}
