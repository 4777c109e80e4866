import { request } from 'undici';
import { openArchive } from '../../archive/index.ts';
import { storageLimits } from '../../storage/index.ts';
import {
  archiveSettings,
  notifySettings,
  readSettings,
  relaySettings,
  riskosSettings,
} from '../../config.ts';
import { createRiskosClient, RiskosError, riskosProblems } from '../../riskos/index.ts';
import { riskosOptionsOfSettings } from '../riskos.ts';
import { type Finding, fault, ok, skipped, textOf } from './finding.ts';

const patience = 5000;

/** An evaluation that nobody has: RiskOS answers 404 to who may ask, and 401 to who may not. */
const unknownEvaluation = '00000000-0000-4000-8000-000000000000';

/** Key and environment, by one reading that changes nothing. */
export async function lookAtRiskos(): Promise<Finding> {
  return unlessUnset('RiskOS', ['RISKOS_BASE_URL', 'RISKOS_API_KEY'], async () => {
    const { RISKOS_BASE_URL, RISKOS_ENVIRONMENT } = readSettings(riskosSettings);
    const belongs = environments[new URL(RISKOS_BASE_URL).hostname];
    if (belongs !== undefined && belongs !== RISKOS_ENVIRONMENT) {
      return fault(
        'RiskOS',
        `RISKOS_BASE_URL is the address of ${belongs}, and RISKOS_ENVIRONMENT says otherwise`,
        'make them agree; each environment has keys of its own',
      );
    }
    const riskos = createRiskosClient({ ...riskosOptionsOfSettings(), timeouts: { total: patience } });
    try {
      await riskos.get(unknownEvaluation);
    } catch (error) {
      if (!(error instanceof RiskosError)) throw error;
      if (error.type !== 'NotFound') return fault('RiskOS', riskosProblems[error.type].what, error.action);
    } finally {
      await riskos.close();
    }
    return ok('RiskOS', 'answers, and takes the key; "candidate-funnel check-riskos" looks closer');
  });
}

const environments: Partial<Record<string, string>> = {
  'riskos.sandbox.socure.com': 'Sandbox',
  'riskos.socure.com': 'Production',
};

export async function lookAtRelay(): Promise<Finding> {
  if (!Object.keys(process.env).some((name) => name.startsWith('RELAY_'))) {
    return skipped('relay', 'not set up here: no setting of it is set');
  }
  return unlessUnset('relay', [], async () => {
    const { RELAY_HOST, RELAY_PORT } = readSettings(relaySettings);
    const host = RELAY_HOST === '0.0.0.0' || RELAY_HOST === '::' ? '127.0.0.1' : RELAY_HOST;
    const status = await statusOf(`http://${host}:${RELAY_PORT}/readyz`, 'GET');
    if (status === 200) return ok('relay', 'runs here, and is ready');
    if (status === undefined) {
      return fault(
        'relay',
        'does not answer at RELAY_HOST and RELAY_PORT',
        'start "candidate-funnel relay" here',
      );
    }
    return fault('relay', `runs here, and is not ready (HTTP ${status})`, 'look at its log, and at Temporal');
  });
}

/** Any answer will do: a notice is sent by POST only. */
export async function lookAtReceiver(): Promise<Finding> {
  return unlessUnset('receiver', ['NOTIFY_URL'], async () => {
    const { NOTIFY_URL = '' } = readSettings(notifySettings);
    const status = await statusOf(NOTIFY_URL, 'HEAD');
    return status === undefined
      ? fault('receiver', 'nothing answers at NOTIFY_URL', "start HR's receiver, or correct NOTIFY_URL")
      : ok('receiver', `answers at NOTIFY_URL (HTTP ${status} to a HEAD)`);
  });
}

async function statusOf(url: string, method: 'GET' | 'HEAD'): Promise<number | undefined> {
  try {
    const answer = await request(url, { method, signal: AbortSignal.timeout(patience) });
    await answer.body.dump();
    return answer.statusCode;
  } catch {
    return undefined;
  }
}

/** By a trial: an object is written, read and deleted where the images go. */
export async function lookAtArchive(): Promise<Finding> {
  return unlessUnset('archive', ['ARCHIVE_URL'], async () => {
    const { ARCHIVE_URL, ARCHIVE_RECIPIENTS } = readSettings(archiveSettings);
    const archive = openArchive({ url: ARCHIVE_URL, recipients: ARCHIVE_RECIPIENTS });
    try {
      const limits = (await archive.check()).map((limit) => storageLimits[limit]);
      const written = 'can be written, and its keys are age public keys';
      return ok('archive', [written, ...limits].join('; '));
    } finally {
      archive.close();
    }
  });
}

async function unlessUnset(about: string, needed: string[], look: () => Promise<Finding>): Promise<Finding> {
  const unset = needed.filter((name) => !process.env[name] && !process.env[`${name}_FILE`]);
  if (unset.length > 0) return skipped(about, `not set up here: ${unset.join(', ')} not set`);
  try {
    return await look();
  } catch (error) {
    return fault(about, textOf(error), 'correct that');
  }
}
