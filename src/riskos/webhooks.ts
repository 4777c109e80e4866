import { z } from 'zod';
import { RiskosError } from './errors.ts';
import { opaqueId } from './requests.ts';

/** What the relay needs of a webhook's body. Nothing of it is believed: what happened is read back with GET. */
export interface WebhookEvent {
  eventId: string;
  eventType: string;
  /** `data.id`, ours. */
  evaluationId?: string;
  /** `data.eval_id`, RiskOS's. */
  evalId?: string;
  /** `data.decision`, upper case; absent for anything that is no word. */
  decision?: string;
  /** The step of a capture that a progress note tells of; "other" for a wording that is not known. */
  progress?: string;
  /** `data.environment_name`; "Sandbox", "Production", or "other" for anything else. */
  environment?: string;
  /** The dashboard's test ping, which must be answered 2xx [seen]. */
  isTestPing: boolean;
}

const envelope = z.object({
  event_id: z.string().regex(/^[\w.:~-]{1,200}$/),
  event_type: z.string().regex(/^[\w.-]{1,64}$/),
  data: z.looseObject({
    id: z.string().nullish(),
    eval_id: z.string().nullish(),
    environment_name: z.string().nullish().catch('other'),
    decision: z.unknown().optional(),
    reviewer_id: z.unknown().optional(),
    notes: z.unknown().optional(),
  }),
});

const environments = ['Sandbox', 'Production'];

/** Throws {@link RiskosError} `InvalidWebhook` that names the bad fields. An unknown type of event is fine [doc]. */
export function parseWebhook(body: unknown): WebhookEvent {
  const parsed = envelope.safeParse(body);
  if (!parsed.success) {
    const fields = parsed.error.issues.map(({ path }) => path.join('.') || 'body');
    throw new RiskosError('InvalidWebhook', { fields: [...new Set(fields)] });
  }
  const { event_id: eventId, event_type: eventType, data } = parsed.data;
  const progress = eventType === 'case_notes_added' ? progressOf(data) : undefined;
  const environment = environmentWord(data.environment_name);
  const decision = decisionWord.safeParse(data.decision).data;
  // An id that we would not write belongs to somebody else's evaluation, and is none.
  const evaluationId = opaqueId.safeParse(data.id).data;
  const evalId = opaqueId.max(100).safeParse(data.eval_id).data;
  return {
    eventId,
    eventType,
    ...(evaluationId ? { evaluationId } : {}),
    ...(evalId ? { evalId } : {}),
    ...(decision ? { decision } : {}),
    ...(progress ? { progress } : {}),
    ...(environment ? { environment } : {}),
    isTestPing: evaluationId?.startsWith('verify-ping') === true && environment === undefined,
  };
}

const decisionWord = z
  .string()
  .transform((word) => word.toUpperCase())
  .pipe(z.string().regex(/^[A-Z_]{1,40}$/));

/** The notes that RiskOS itself writes during a capture [doc]; the wording of expiry and declined consent is [open]. */
const steps: Record<string, string> = {
  'process initiated': 'process_initiated',
  'capture app opened': 'capture_app_opened',
  'document front uploaded': 'document_front_uploaded',
  'document back uploaded': 'document_back_uploaded',
  'document selfie uploaded': 'document_selfie_uploaded',
  'documents upload successful': 'documents_upload_successful',
  'session complete': 'session_complete',
};

/** `reviewer_id` is typed as an e-mail address in the specification, and is "Webhook" for progress notes [doc]. */
function progressOf({ reviewer_id, notes }: { reviewer_id?: unknown; notes?: unknown }): string | undefined {
  if (reviewer_id !== 'Webhook') return undefined;
  const words = typeof notes === 'string' ? notes.trim().replaceAll(/\s+/g, ' ').toLowerCase() : '';
  return (Object.hasOwn(steps, words) && steps[words]) || 'other';
}

function environmentWord(text: string | null | undefined): string | undefined {
  if (!text?.trim()) return undefined;
  return environments.find((known) => known.toLowerCase() === text.trim().toLowerCase()) ?? 'other';
}
