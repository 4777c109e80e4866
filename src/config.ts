import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { defaultTaskQueue, inPlainWords } from './contract/index.ts';
import { jwtAlgorithms } from './relay/algorithms.ts';
import { basicCredentials, bearerToken } from './relay/credentials.ts';
import { defaultLimits } from './relay/limits.ts';
import { trustedProxy } from './relay/proxies.ts';
import { previousReferencePlacements } from './riskos/wire.ts';

/** A setting is missing or wrong; the message is one line that names it and never its value. */
class SettingsError extends Error {
  readonly type = 'WrongSetting';
}

type Environment = Record<string, string | undefined>;

const secret = z.string().trim().min(1, 'must not be empty');
const list = z
  .string()
  .transform((text) =>
    text
      .split(',')
      .map((part) => part.trim())
      .filter(Boolean),
  )
  .pipe(z.array(z.string()).min(1, 'must name at least one, separated by commas'));
const port = z.coerce.number({ error: 'must be a port number' }).int().min(0).max(65535);

export const logSettings = z.object({
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
});

/** On this machine or in the same Compose network: to nobody else may a key or a link go in clear text. */
const localHost = /^(127(\.\d+){3}|localhost|\[::1\]|[a-z0-9-]+)$/i;

const secureUrl = (exception: string) =>
  z
    .url({ protocol: /^https?$/, error: 'must be an http(s) URL' })
    .refine(
      (url) => url.startsWith('https:') || !URL.canParse(url) || localHost.test(new URL(url).hostname),
      { error: `must be https, except ${exception}`, abort: true },
    );

export const riskosSettings = z.object({
  RISKOS_BASE_URL: secureUrl('for the emulator'),
  RISKOS_API_KEY: secret.regex(/^\S+$/, 'must be the key alone, without spaces or quotes'),
  RISKOS_API_VERSION: z.string().min(1).default('2025-01-01.orion'),
  RISKOS_ENVIRONMENT: z.enum(['Sandbox', 'Production']),
  /** The workflow's name in the RiskOS dashboard. */
  RISKOS_WORKFLOW: z.string().min(1).max(200).default('workforce_verification'),
  /** Where a selfie reverification names the accepted documents: Socure's pages disagree [open]. */
  RISKOS_PREVIOUS_REFERENCE_PLACEMENT: z
    .enum(previousReferencePlacements)
    .default(previousReferencePlacements[0]),
  /** A table of reason codes, as JSON, in place of the built-in one. */
  RISKOS_REASON_CODES_FILE: z.string().min(1).optional(),
  /** Requests a second that the whole fleet sends; the sandbox takes ten [doc]. */
  RISKOS_REQUESTS_PER_SECOND: z.coerce.number().positive().default(10),
});

export const archiveSettings = z.object({
  /** Where the encrypted images go: `file:///absolute/folder`. */
  ARCHIVE_URL: z.string().min(1),
  /** The age public keys that can open them. */
  ARCHIVE_RECIPIENTS: list,
});

const count = z.coerce
  .number({ error: 'must be a number' })
  .int('must be a whole number')
  .min(1, 'must be at least 1');
const authKinds = ['bearer', 'basic', 'oauth2'] as const;

export const relaySettings = z
  .object({
    RELAY_HOST: z.string().min(1).default('127.0.0.1'),
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

export const notifySettings = z
  .object({
    /** Where HR's system is told of changes; nothing set, nothing sent. */
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
  .superRefine((given, context) => {
    const missing = given.NOTIFY_URL && !given.NOTIFY_SECRETS ? 'NOTIFY_SECRETS' : undefined;
    if (missing) context.addIssue({ code: 'custom', path: [missing], message: 'is needed with NOTIFY_URL' });
  });

export const metricsSettings = z.object({
  METRICS_ADDRESS: z
    .string()
    .regex(/^[^\s:]+:\d{1,5}$/, 'must be host:port, such as 127.0.0.1:9464')
    .refine((address) => Number(address.split(':')[1]) <= 65_535, 'must have a port up to 65535')
    .optional(),
});

/** Temporal's own settings are read by its envconfig; this one is ours. */
export const queueSettings = z.object({
  FUNNEL_TASK_QUEUE: z.string().min(1).max(200).default(defaultTaskQueue),
});

export const policySettings = z.object({ FUNNEL_POLICY_FILE: z.string().min(1).optional() });

/**
 * Reads some settings from the environment. Every NAME may come as NAME_FILE, a file that holds the value. Throws
 * {@link SettingsError}.
 */
export function readSettings<Schema extends z.ZodObject>(
  schema: Schema,
  environment: Environment = process.env,
): z.output<Schema> {
  const given = Object.fromEntries(
    Object.keys(schema.shape).flatMap((name) => {
      const value = valueOf(name, environment);
      return value === undefined || value === '' ? [] : [[name, value]];
    }),
  );
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const name = String(issue?.path[0] ?? 'a setting');
  throw new SettingsError(
    `${name} ${name in given ? inPlainWords(issue?.message ?? 'is wrong') : 'is not set, and is needed here'}`,
  );
}

function valueOf(name: string, environment: Environment): string | undefined {
  const file = environment[`${name}_FILE`];
  if (name.endsWith('_FILE') || !file) return environment[name];
  if (environment[name]) throw new SettingsError(`${name} and ${name}_FILE are both set; keep one`);
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    throw new SettingsError(`${name}_FILE names a file that cannot be read`);
  }
}
