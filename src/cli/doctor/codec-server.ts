import { codecEndpoint } from '../../client/remote-codec.ts';
import { isSet } from '../../client/settings.ts';
import { codecClientSettings, codecServerSettings, readSettings } from '../../config.ts';
import { type Finding, fault, ok, skipped, unlessUnset } from './finding.ts';
import { lookHere, urlHere } from './here.ts';
import { type Answer, ask } from './http.ts';

const about = 'codec server';
const ownSettings = [
  'CODEC_HOST',
  'CODEC_PORT',
  'CODEC_AUTH',
  'CODEC_JWKS_URL',
  'CODEC_ISSUER',
  'CODEC_ORIGINS',
];

/** The codec server of this machine, or that of `CODEC_URL`; `ui` is the origin of a Temporal UI whose pages must be let in. */
export async function lookAtCodecServer(ui: string | undefined): Promise<Finding[]> {
  if (isSet('CODEC_URL')) return [await unlessUnset(about, [], lookThere), ...(await pagesOf(ui))];
  if (!ownSettings.some((name) => isSet(name)))
    return [skipped(about, 'not set up here: neither CODEC_URL nor a setting of its own')];
  return [await unlessUnset(about, [], lookAtOwn), ...(await pagesOf(ui))];
}

async function lookThere(): Promise<Finding> {
  const { CODEC_URL = '', CODEC_TOKEN } = readSettings(codecClientSettings);
  const answer = await ask(codecEndpoint(CODEC_URL, 'decode'), {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(CODEC_TOKEN === undefined ? {} : { authorization: `Bearer ${CODEC_TOKEN}` }),
    },
    body: '{"payloads":[]}',
  });
  if (typeof answer === 'string') {
    return fault(about, `does not answer at CODEC_URL: ${answer}`, 'start it, or correct CODEC_URL');
  }
  if (answer.status === 200) return ok(about, 'answers at CODEC_URL, and takes CODEC_TOKEN');
  return fault(about, `refuses (HTTP ${answer.status})`, remedies[answer.status] ?? 'look at its log');
}

const remedies: Partial<Record<number, string>> = {
  401: 'set CODEC_TOKEN to an access token of its issuer that has not expired',
  403: 'give the identity of CODEC_TOKEN one of the roles of CODEC_ROLES_ALL',
  404: 'correct CODEC_URL: it is the address without "/decode"',
};

async function lookAtOwn(): Promise<Finding> {
  return lookHere(about, addressHere(), {
    settings: 'CODEC_HOST and CODEC_PORT',
    verb: 'codec-server',
    cause: 'the key store',
  });
}

function addressHere(): string {
  const { CODEC_HOST, CODEC_PORT } = readSettings(codecServerSettings);
  return urlHere(CODEC_HOST, CODEC_PORT);
}

/** As a browser asks before a page of that origin may send anything. */
async function pagesOf(ui: string | undefined): Promise<Finding[]> {
  const origins = ui === undefined ? originsHere() : [ui];
  return Promise.all(origins.map((origin) => unlessUnset('Temporal UI', [], () => lookAtPages(origin))));
}

function originsHere(): string[] {
  if (isSet('CODEC_URL') || !isSet('CODEC_ORIGINS')) return [];
  try {
    return readSettings(codecServerSettings).CODEC_ORIGINS;
  } catch {
    // The finding about the server itself says which setting is wrong.
    return [];
  }
}

async function lookAtPages(origin: string): Promise<Finding> {
  const { CODEC_URL = addressHere() } = isSet('CODEC_URL') ? readSettings(codecClientSettings) : {};
  const answer = await ask(codecEndpoint(CODEC_URL, 'decode'), {
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'POST' },
  });
  if (typeof answer === 'string')
    return fault('Temporal UI', `the codec server cannot be asked: ${answer}`, 'start it');
  if (isLetIn(answer, origin)) return ok('Temporal UI', `pages of ${origin} may ask the codec server`);
  return fault(
    'Temporal UI',
    `pages of ${origin} may not ask the codec server`,
    'name that origin in CODEC_ORIGINS, letter by letter, and let no proxy drop the headers of CORS',
  );
}

function isLetIn(answer: Answer, origin: string): boolean {
  return answer.status < 300 && answer.header('access-control-allow-origin') === origin;
}
