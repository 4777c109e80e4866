import type { ParentLog } from '../contract/log-fields.ts';
import { readSettings, riskosSettings } from '../config.ts';
import { dispatcherOfSettings } from '../network.ts';
import {
  createRiskosClient,
  parseReasonCodes,
  type ReasonCodeTable,
  type RiskosClient,
  type RiskosClientOptions,
} from '../riskos/index.ts';
import { InputError } from './errors.ts';
import { readJsonSync } from './json-file.ts';

/** The RiskOS client that the settings describe. Throws `WrongSetting` or {@link InputError}. */
export function riskosOfSettings(logger: ParentLog): RiskosClient {
  return createRiskosClient({ ...riskosOptionsOfSettings(), logger });
}

/** Throws `WrongSetting` or {@link InputError}. */
export function riskosOptionsOfSettings(): RiskosClientOptions {
  const settings = readSettings(riskosSettings);
  return {
    baseUrl: settings.RISKOS_BASE_URL,
    apiKey: settings.RISKOS_API_KEY,
    apiVersion: settings.RISKOS_API_VERSION,
    environment: settings.RISKOS_ENVIRONMENT,
    workflow: settings.RISKOS_WORKFLOW,
    dispatcher: dispatcherOfSettings(),
    previousReferencePlacement: settings.RISKOS_PREVIOUS_REFERENCE_PLACEMENT,
    ...reasonCodesOf(settings.RISKOS_REASON_CODES_FILE),
  };
}

function reasonCodesOf(file: string | undefined): { reasonCodes?: ReasonCodeTable } {
  if (file === undefined) return {};
  try {
    return { reasonCodes: parseReasonCodes(readJsonSync(file)) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new InputError(`RISKOS_REASON_CODES_FILE: ${reason}`);
  }
}
