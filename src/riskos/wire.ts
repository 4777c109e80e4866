import type { z } from 'zod';
import type { Candidate, UseCase } from '../contract/index.ts';
import { RiskosError } from './errors.ts';
import type { evaluationPatch, evaluationRequest } from './requests.ts';

type Request = z.output<typeof evaluationRequest>;
type Patch = z.output<typeof evaluationPatch>;
type SelfieRequest = Extract<Request, { useCase: 'selfie_reverification' }>;

/**
 * Where a selfie reverification names the accepted document verification. Socure's pages disagree [open]: the API's
 * specification has the first, the workforce guide's example the second, other pages the third.
 */
export const previousReferencePlacements = [
  'data.individual.additional_context.previous_reference_id',
  'data.individual.docv.config.transaction_token',
  'data.individual.docv.transaction_token',
] as const;
export type PreviousReferencePlacement = (typeof previousReferencePlacements)[number];

/** The guide lists the fields of `external_device` without saying what it belongs to [open]. */
export const externalDevicePlacements = ['data.individual.external_device', 'data.external_device'] as const;
export type ExternalDevicePlacement = (typeof externalDevicePlacements)[number];

/** Which `id` the body of a PATCH carries [open]. */
export const patchIds = ['evaluationId', 'evalId', 'none'] as const;
export type PatchId = (typeof patchIds)[number];

/** `data.event_type` for each use case. */
export type EventTypes = Record<UseCase, string>;

/** The guide names `passive` and `reverify`; any other word means Document Verification [doc]. The last two are [open]. */
export const defaultEventTypes: EventTypes = {
  passive: 'passive',
  document_verification: 'docv',
  selfie_reverification: 'reverify',
  payroll_setup: 'passive',
  contractor_onboarding: 'passive',
};

export interface WireSettings {
  workflow: string;
  eventTypes: EventTypes;
  previousReferencePlacement: PreviousReferencePlacement;
  externalDevicePlacement: ExternalDevicePlacement;
  patchId: PatchId;
}

/** The body of a POST: what RiskOS calls the things that we name in camelCase. */
export function createBody(request: Request, settings: WireSettings, now: Date): object {
  const { beside, within } = personOf(request.candidate, settings);
  return {
    id: request.evaluationId,
    timestamp: now.toISOString(),
    workflow: settings.workflow,
    data: {
      event_type: settings.eventTypes[request.useCase],
      event_category: 'workforce_verification',
      ...beside,
      custom: request.custom,
      individual: {
        id: request.individualId,
        ...within,
        ...docvOf(request, settings.previousReferencePlacement),
      },
    },
  };
}

/** Which candidate fields go inside `individual`, and which go next to it. */
function personOf(
  { ipAddress, externalDevice, ...person }: Partial<Candidate>,
  { externalDevicePlacement }: WireSettings,
): { beside: object; within: object } {
  const device = externalDevice && { external_device: snakeCased(externalDevice) };
  const isBeside = externalDevicePlacement === 'data.external_device';
  return {
    // RiskOS reads the address here, and ignores it without a word under `individual` [seen].
    beside: { ip_address: ipAddress, ...(isBeside ? device : {}) },
    within: { ...snakeCased(person), ...(isBeside ? {} : device) },
  };
}

/** The body of a PATCH: the POST's shape with what is new in `data` [doc]. */
export function patchBody(patch: Patch, evalId: string, settings: WireSettings, now: Date): object {
  const ids = { evaluationId: patch.evaluationId, evalId, none: undefined };
  return {
    id: ids[settings.patchId],
    timestamp: now.toISOString(),
    workflow: settings.workflow,
    data: {
      event_type: patch.useCase && settings.eventTypes[patch.useCase],
      ...patchData(patch, settings),
    },
  };
}

function patchData(patch: Patch, settings: WireSettings): object {
  switch (patch.kind) {
    case 'one_time_code':
      return { individual: { otp: { code: patch.code } } };
    case 'resend_one_time_code':
      return { individual: { otp: { resend: true } } };
    case 'information': {
      const { beside, within } = personOf(patch.candidate, settings);
      return { ...beside, custom: patch.custom, individual: within };
    }
  }
}

function docvOf(request: Request, placement: PreviousReferencePlacement): object {
  const config = request.documents && snakeCased(request.documents);
  if (request.useCase !== 'selfie_reverification') return config ? { docv: { config } } : {};
  switch (placement) {
    case 'data.individual.additional_context.previous_reference_id':
      return {
        additional_context: { previous_reference_id: request.previousReferenceId },
        ...(config ? { docv: { config } } : {}),
      };
    case 'data.individual.docv.config.transaction_token':
      return { docv: { config: { ...config, transaction_token: tokenOf(request) } } };
    case 'data.individual.docv.transaction_token':
      return { docv: { ...(config ? { config } : {}), transaction_token: tokenOf(request) } };
  }
}

function tokenOf({ transactionToken }: SelfieRequest): string {
  if (transactionToken !== undefined) return transactionToken;
  throw new RiskosError('InvalidRequest', {
    fields: ['transactionToken'],
    note: 'transactionToken: is required where the previous reference is sent as a transaction token',
  });
}

/** `line1` → `line_1`, `isIpTor` → `is_ip_tor`; the keys of `headers` are not ours and stay. */
function snakeCased(value: object): object {
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key.replaceAll(/[A-Z]|\d+/g, (part) => `_${part.toLowerCase()}`),
      key !== 'headers' && isObject(inner) ? snakeCased(inner) : inner,
    ]),
  );
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
