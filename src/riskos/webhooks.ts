import { z } from 'zod';
import { RiskosError } from './errors.ts';
import { isRecord } from './json.ts';
import { opaqueId } from './requests.ts';

/** The types of event that Socure documents [doc]; others exist, and are taken too. */
export const webhookEventTypes = [
  'evaluation_completed',
  'evaluation_paused',
  'reevaluation',
  'workflow_execution_failed',
  'decision_update',
  'case_status_updated',
  'case_notes_added',
  'case_attachment_added',
  'review_case_assigned',
  'review_case_unassigned',
  'fraud_confirming',
] as const;

/** What the relay needs of a webhook's body. Nothing of it is believed: what happened is read back with GET. */
export interface WebhookEvent {
  /** Any text of 1 to 200 characters; absent when the event has no usable one. */
  eventId?: string;
  /** A word such as "evaluation_completed"; "unknown" for anything else. */
  eventType: string;
  /** `event_at`, ISO 8601 in UTC with milliseconds; absent for what is no time. */
  eventAt?: string;
  /** `data.id`; absent when it does not have the form of our ids, so that the evaluation is not ours. */
  evaluationId?: string;
  /** `data.eval_id`, RiskOS's: any text of 1 to 200 characters. */
  evalId?: string;
  /** The step of a capture that a progress note names; "other" for a wording that is not known. */
  progress?: CaptureStep;
  /** `data.environment_name`; "Sandbox", "Production", or "other" for anything else. */
  environment?: string;
  /** The dashboard's test ping, which must be answered 2xx [seen]. */
  isTestPing: boolean;
}

/**
 * Reads an event as leniently as a hint allows: a field of the wrong shape is absent. Throws {@link RiskosError}
 * `InvalidWebhook` only for a body that is no JSON object.
 */
export function parseWebhook(body: unknown): WebhookEvent {
  if (!isRecord(body)) throw new RiskosError('InvalidWebhook', { fields: ['body'] });
  const data = isRecord(body['data']) ? body['data'] : {};
  const eventId = idOf(body['event_id']);
  const eventType = typeOf(body['event_type']);
  const eventAt = timeOf(body['event_at']);
  const evaluationId = opaqueId.safeParse(idOf(data['id'])).data;
  const evalId = idOf(data['eval_id']);
  const progress = eventType === 'case_notes_added' ? progressOf(data) : undefined;
  const environment = environmentOf(data['environment_name']);
  return {
    eventType,
    ...(eventId === undefined ? {} : { eventId }),
    ...(eventAt === undefined ? {} : { eventAt }),
    ...(evaluationId === undefined ? {} : { evaluationId }),
    ...(evalId === undefined ? {} : { evalId }),
    ...(progress === undefined ? {} : { progress }),
    ...(environment === undefined ? {} : { environment }),
    isTestPing: evaluationId?.startsWith('verify-ping') === true && environment === undefined,
  };
}

/** RiskOS promises no shape for its ids: an event refused for its id can cost a second SMS. */
function idOf(value: unknown): string | undefined {
  const text = Number.isSafeInteger(value) ? String(value) : value;
  if (typeof text !== 'string') return undefined;
  const id = text.trim();
  return id.length >= 1 && id.length <= 200 && !/\p{Surrogate}/u.test(id) ? id : undefined;
}

function typeOf(value: unknown): string {
  const text = plainWords(value);
  const known = webhookEventTypes.find((type) => type === text.replaceAll(' ', '_'));
  return known ?? word.safeParse(value).data ?? 'unknown';
}

/** Never free text, which could contain a name. */
const word = z
  .string()
  .trim()
  .regex(/^[\w.-]{1,64}$/);

/** Fractions of a second have up to nine digits [doc]; milliseconds are kept. */
const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,12})?(Z|[+-]\d\d:\d\d)$/;

function timeOf(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const text = value.trim().toUpperCase();
  const time = rfc3339.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) ? undefined : new Date(time).toISOString();
}

/** The notes that RiskOS itself writes during a capture [doc]; the wording of expiry and declined consent is [open]. */
const captureSteps = [
  'process_initiated',
  'capture_app_opened',
  'document_front_uploaded',
  'document_back_uploaded',
  'document_selfie_uploaded',
  'documents_upload_successful',
  'session_complete',
] as const;
export type CaptureStep = (typeof captureSteps)[number] | 'other';

/** `reviewer_id` is typed as an e-mail address in the specification, and is "Webhook" for progress notes [doc]. */
function progressOf({ reviewer_id, notes }: Record<string, unknown>): CaptureStep | undefined {
  if (plainWords(reviewer_id) !== 'webhook') return undefined;
  return captureSteps.find((step) => step === plainWords(notes).replaceAll(' ', '_')) ?? 'other';
}

const environments = ['Sandbox', 'Production'];

function environmentOf(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  const text = typeof value === 'string' ? plainWords(value) : 'other';
  if (text === '') return undefined;
  return environments.find((known) => known.toLowerCase() === text) ?? 'other';
}

/** Lower case, with single spaces: as RiskOS's answers are read. */
function plainWords(value: unknown): string {
  return typeof value === 'string' ? value.trim().replaceAll(/\s+/g, ' ').toLowerCase() : '';
}
