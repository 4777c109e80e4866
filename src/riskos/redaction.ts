import { isRecord } from './json.ts';

/** The fields that are known to be harmless, and what each must look like to be logged. Everything else is left out. */
interface Allowed {
  [field: string]: RegExp | Allowed;
}

const id = /^[A-Za-z0-9._~:-]{1,200}$/;
const word = /^[A-Za-z_ ]{1,40}$/;
const time = /^\d{4}-\d{2}-\d{2}T[\d:.]{5,20}(Z|[+-]\d{2}:\d{2})$/;
const number = /^-?\d{1,9}(\.\d{1,9})?$/;
const flag = /^(true|false)$/;
const code = /^[A-Z]{1,3}\d{2,4}$/;
const name = /^[\w .-]{1,100}$/;

const request: Allowed = {
  id,
  timestamp: time,
  workflow: name,
  data: {
    event_type: /^[a-z_]{1,40}$/,
    event_category: /^[a-z_]{1,40}$/,
    individual: {
      docv: {
        config: { send_message: flag, language: /^[A-Za-z-]{2,20}$/, document_type: /^(license|passport)$/ },
      },
      otp: { resend: flag },
    },
  },
};

const decision: Allowed = { name: word, strategy: word, value: word };
const module: Allowed = {
  decision,
  reasonCodes: code,
  documentType: { type: /^[A-Za-z ]{1,80}$/ },
  previousReferenceId: id,
  digitalIntelligence: { decision, reasonCodes: code },
};

const answer: Allowed = {
  id,
  eval_id: id,
  workflow: name,
  workflow_id: id,
  workflow_version: /^[\d.]{1,40}$/,
  eval_source: word,
  eval_start_time: time,
  eval_end_time: time,
  eval_status: word,
  evaluation_status: word,
  environment_name: word,
  decision: word,
  decision_at: time,
  status: word,
  tags: /^docv_(request_|verification_)?error$/,
  reason_codes: code,
  data_enrichments: {
    enrichment_name: /^Socure [\w +-]{1,90}$/,
    enrichment_provider: /^[A-Za-z]{1,40}$/,
    status_code: number,
    total_attempts: number,
    is_source_cache: flag,
    response: {
      referenceId: id,
      status: /^[A-Z_]{1,40}$/,
      documentVerification: module,
      selfieReverification: module,
      digitalIntelligence: module,
    },
  },
  code: /^[A-Z_]{1,64}$/,
};

/** A request's body for the log: what is known to be harmless, and how many fields were left out. */
export function redactedRequest(body: unknown): unknown {
  return redacted(body, request);
}

/** The same for an answer's body. */
export function redactedAnswer(body: unknown): unknown {
  return redacted(body, answer);
}

const mostItems = 50;

function redacted(value: unknown, allowed: Allowed): unknown {
  if (!isRecord(value)) return undefined;
  const kept: Record<string, unknown> = {};
  let left = 0;
  for (const [field, inner] of Object.entries(value)) {
    if (inner === undefined) continue;
    const rule = Object.hasOwn(allowed, field) ? allowed[field] : undefined;
    const shown = rule === undefined ? undefined : shownBy(inner, rule);
    if (shown === undefined) left += 1;
    else kept[field] = shown;
  }
  return left > 0 ? { ...kept, redacted: left } : kept;
}

function shownBy(value: unknown, rule: RegExp | Allowed): unknown {
  if (Array.isArray(value)) {
    return value
      .slice(0, mostItems)
      .flatMap((item) => (Array.isArray(item) ? [] : (shownBy(item, rule) ?? [])));
  }
  if (!(rule instanceof RegExp)) return redacted(value, rule);
  const plain = ['string', 'number', 'boolean'].includes(typeof value);
  return plain && rule.test(String(value)) ? value : undefined;
}
