import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type ClientConnectConfig, loadClientConnectConfig } from '@temporalio/envconfig';

/** Settings are missing or wrong; the message is one line that names each of them and never a value. */
export class SettingsError extends Error {
  readonly type = 'WrongSetting';
}

export type Environment = Record<string, string | undefined>;

/** True if the setting has a value, its own or that of a file. */
export function isSet(name: string, environment: Environment = process.env): boolean {
  return Boolean(environment[name] || environment[`${name}_FILE`]);
}

/** One setting: its value, or the content of the file that NAME_FILE names; or why it cannot be read. */
export function valueOf(name: string, environment: Environment): { value?: string; fault?: string } {
  const file = environment[`${name}_FILE`];
  const value = environment[name];
  if (name.endsWith('_FILE') || !file) return value === undefined ? {} : { value };
  if (value) return { fault: `${name} and ${name}_FILE are both set; keep one` };
  try {
    // Windows writes a byte order mark, which is not part of the value.
    const content = readFileSync(file, 'utf8')
      .replace(/^\ufeff/, '')
      .trim();
    return content === '' ? { fault: `${name}_FILE names a file that is empty` } : { value: content };
  } catch (error) {
    return { fault: `${name}_FILE names a file that cannot be read (${codeOf(error)})` };
  }
}

/**
 * Temporal's own settings, where each TEMPORAL_NAME may come as TEMPORAL_NAME_FILE too; empty ones count as not set. Throws
 * {@link SettingsError}, also where a file that they name cannot be read.
 */
export function temporalEnvironment(environment: Environment = process.env): Record<string, string> {
  const faults: string[] = [];
  const read: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) {
    const inFile = /^(TEMPORAL_\w+)_FILE$/.exec(name)?.[1];
    if (inFile === undefined || inFile === 'TEMPORAL_CONFIG') {
      if (value) read[name] = value;
    } else {
      const { value: found, fault } = valueOf(inFile, environment);
      if (fault !== undefined) faults.push(fault);
      else if (found) read[inFile] = found;
    }
  }
  faults.push(...Object.entries(filesOf).flatMap(([name, check]) => faultOfFile(name, read[name], check)));
  if (faults.length > 0) throw new SettingsError(faults.join('; '));
  return read;
}

/** On this machine or in the same Compose network: to nobody else may a key or a link go in clear text. */
const localHost = /^(127(\.\d+){3}|localhost|\[::1\]|[a-z0-9-]+)$/i;

/** What is wrong with a URL that must be https; `exception` is who may have it without TLS. */
export function urlFault(text: string, exception: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) return 'must be an http(s) URL';
  if (url.username !== '' || url.password !== '') {
    return 'must not have a user or a password in it, which would never be sent';
  }
  if (url.protocol === 'http:' && !localHost.test(url.hostname)) return `must be https, except ${exception}`;
  return undefined;
}

/** The codec server of CODEC_URL, and the token of CODEC_TOKEN; `undefined`: none is named. Throws {@link SettingsError}. */
export function codecServer(
  environment: Environment = process.env,
): { url: string; token?: string } | undefined {
  const read = { url: valueOf('CODEC_URL', environment), token: valueOf('CODEC_TOKEN', environment) };
  const [url, token] = [read.url.value?.trim(), read.token.value?.trim()];
  const wrong = url ? urlFault(url, 'on this machine') : undefined;
  const faults = [read.url.fault, read.token.fault, wrong && `CODEC_URL ${wrong}`].filter(Boolean);
  if (faults.length > 0) throw new SettingsError(faults.join('; '));
  return url ? { url, ...(token ? { token } : {}) } : undefined;
}

/** How to connect to Temporal. Throws {@link SettingsError}. */
export function temporalConfig(environment: Environment = process.env): ClientConnectConfig {
  const overrideEnvVars = temporalEnvironment(environment);
  try {
    return loadClientConnectConfig({ overrideEnvVars });
  } catch (error) {
    const text = error instanceof Error ? error.message : '';
    if (/^Profile '.*' not found/.test(text)) {
      throw new SettingsError(
        "TEMPORAL_PROFILE names a profile that Temporal's configuration file does not have",
      );
    }
    const place = overrideEnvVars['TEMPORAL_CONFIG_FILE']
      ? 'TEMPORAL_CONFIG_FILE'
      : "Temporal's configuration file";
    throw new SettingsError(
      `${place} cannot be used: it is not valid TOML, or names a file that cannot be read`,
    );
  }
}

/** Settings that name a file, and what must be in it; each check throws. */
const filesOf: Record<string, (content: Buffer) => unknown> = {
  TEMPORAL_CONFIG_FILE: () => undefined,
  TEMPORAL_TLS_CLIENT_CERT_PATH: (content) => new X509Certificate(content),
  TEMPORAL_TLS_CLIENT_KEY_PATH: (content) => createPrivateKey(content),
  TEMPORAL_TLS_SERVER_CA_CERT_PATH: (content) => new X509Certificate(content),
};

function faultOfFile(name: string, path: string | undefined, check: (content: Buffer) => unknown): string[] {
  if (path === undefined) return [];
  let content: Buffer;
  try {
    content = readFileSync(path);
  } catch (error) {
    return [`${name} names a file that cannot be read (${codeOf(error)})`];
  }
  try {
    check(content);
    return [];
  } catch {
    const kind = name.includes('KEY') ? 'private key without a passphrase' : 'certificate';
    return [`${name} names a file that holds no ${kind} in PEM`];
  }
}

function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
  return code === 'ENOENT' ? 'there is no such file' : code;
}
