import { z } from 'zod';
import { invalidRequest } from './errors.ts';
import { json, mergePatch } from './json.ts';

const text = z.string().min(1);
const country = z.string().regex(/^[A-Z]{2}$/, 'must be an ISO 3166-1 alpha-2 code');
const phone = z.string().regex(/^\+[1-9][0-9]{6,14}$/, 'must be an E.164 phone number');

const redirect = z.looseObject({
  url: z.url({ protocol: /^https?$/ }),
  method: z.enum(['GET', 'POST']).optional(),
  headers: z.record(z.string(), z.string()).optional(),
  delay: z.number().min(0).optional(),
});

const docvConfig = z.looseObject({
  send_message: z.boolean().optional(),
  language: text.optional(),
  use_case_key: text.optional(),
  document_type: z.enum(['license', 'passport']).optional(),
  redirect: redirect.optional(),
  transaction_token: text.optional(),
});

const stamp = z.iso.datetime({ offset: true, error: 'must be an RFC 3339 timestamp' });
const address = z.union([z.ipv4(), z.ipv6()]);

/** Device data of a third party [doc]; whether it belongs into the individual or beside it is [open]. */
const externalDevice = z
  .looseObject({
    id: text,
    session: text,
    fingerprint: text,
    fingerprint_provider: text,
    user_agent: text,
    device_type: z.enum(['mobile', 'desktop', 'tablet']),
    is_known: z.boolean(),
    first_seen_time: stamp,
    last_seen_time: stamp,
    timezone_mismatch: z.boolean(),
    ip_address: address,
    is_ip_bad_proxy: z.boolean(),
    is_ip_proxy: z.boolean(),
    ip_risk_score: z.number().min(0).max(100),
    ip_isp: text,
    ip_country_code: country,
    ip_city: text,
    ip_region: text,
    is_ip_tor: z.boolean(),
    is_emulator: z.boolean(),
  })
  .partial();

const individual = z.looseObject({
  id: text.optional(),
  given_name: text.max(240),
  family_name: text.max(240),
  email: z.email(),
  phone_number: phone,
  di_session_token: text,
  address: z
    .looseObject({
      line_1: z.string().optional(),
      line_2: z.string().optional(),
      locality: z.string().optional(),
      minor_admin_division: z.string().optional(),
      major_admin_division: z.string().optional(),
      country: country.optional(),
      postal_code: z.string().optional(),
    })
    .optional(),
  date_of_birth: z.iso.date().optional(),
  national_id: text.optional(),
  docv: z.looseObject({ config: docvConfig.optional(), transaction_token: text.optional() }).optional(),
  additional_context: z.looseObject({ previous_reference_id: text.optional() }).optional(),
  external_device: externalDevice.optional(),
  otp: z.looseObject({ code: text.optional(), resend: z.boolean().optional() }).optional(),
});

const request = z.looseObject({
  id: text.max(200),
  timestamp: stamp,
  workflow: text.max(200),
  data: z.looseObject({
    event_type: z.string().optional(),
    event_category: z.string().optional(),
    ip_address: address.optional(),
    external_device: externalDevice.optional(),
    individual,
    custom: z.looseObject({ scenario: z.string().optional() }).optional(),
  }),
});
/** The body of a POST [doc]; what it does not know, it lets pass. */
export type EvaluationRequest = z.output<typeof request>;

const patch = z.looseObject({
  data: z.looseObject({ individual: individual.partial().optional() }),
});

/** What a PATCH brings: the POST's shape, of which only the new parts are needed [doc]. Throws Refusal 400. */
export function readPatch(
  body: unknown,
  before: EvaluationRequest,
): { code?: string; resend?: boolean; request: EvaluationRequest } {
  const { data } = read(patch, body);
  const { otp, ...given } = data.individual ?? {};
  const merged = mergePatch(
    json.parse(before.data),
    json.parse(JSON.parse(JSON.stringify({ ...data, individual: given }))),
  );
  return { ...otp, request: read(request, { ...before, data: merged }) };
}

/** `undefined` for a body that {@link readRequest} would refuse. */
export function parseRequest(body: unknown): EvaluationRequest | undefined {
  return request.safeParse(body).data;
}

/** Throws Refusal 400 with the fields' names. */
export function readRequest(body: unknown): EvaluationRequest {
  return read(request, body);
}

/** Throws Refusal 400 with `invalid_args`: each field's path and what is wrong with it, never its value. */
export function read<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  throw invalidRequest(
    result.error.issues.map((issue) => ({
      field: issue.path.join('.') || 'body',
      description: issue.message,
    })),
  );
}

/** Whether there is something at a path such as `individual.national_id`. */
export function has(data: unknown, path: string): boolean {
  let value = data;
  for (const step of path.split('.')) {
    value =
      typeof value === 'object' && value !== null ? new Map(Object.entries(value)).get(step) : undefined;
  }
  return value !== undefined && value !== null && value !== '';
}
