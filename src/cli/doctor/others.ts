import { openArchive } from '../../archive/index.ts';
import { storageLimits } from '../../storage/index.ts';
import {
  archiveSettings,
  notifySettings,
  readSettings,
  riskosSettings,
  workerSettings,
} from '../../config.ts';
import { createRiskosClient, RiskosError, riskosProblems } from '../../riskos/index.ts';
import { riskosOptionsOfSettings } from '../riskos.ts';
import { type Finding, fault, ok, unlessUnset } from './finding.ts';
import { ask } from './http.ts';

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

/** Any answer will do: a notice is sent by POST only. */
export async function lookAtReceiver(): Promise<Finding> {
  return unlessUnset('receiver', ['NOTIFY_URL'], async () => {
    const { NOTIFY_URL = '' } = readSettings(notifySettings);
    const answer = await ask(NOTIFY_URL, { method: 'HEAD' });
    return typeof answer === 'string'
      ? fault(
          'receiver',
          `nothing answers at NOTIFY_URL: ${answer}`,
          "start HR's receiver, or correct NOTIFY_URL",
        )
      : ok('receiver', `answers at NOTIFY_URL (HTTP ${answer.status} to a HEAD)`);
  });
}

/** By a trial: an object is written, read and deleted where the images go. A machine without ARCHIVE_RECIPIENTS only reads. */
export async function lookAtArchive(): Promise<Finding> {
  return unlessUnset('archive', ['ARCHIVE_URL', 'ARCHIVE_RECIPIENTS'], async () => {
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

/** What a worker lacks, where most of its settings are set. */
export async function lookAtWorkerSettings(): Promise<Finding> {
  return unlessUnset('worker settings', ['RISKOS_API_KEY', 'ARCHIVE_URL'], async () => {
    readSettings(workerSettings);
    return ok('worker settings', 'all that a worker needs is set');
  });
}
