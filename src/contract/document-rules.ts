import { z } from 'zod';
import { countryCode } from './country-codes.ts';
import type { FailedStep } from './words.ts';

/**
 * What a rule does with an evaluation that RiskOS did not reject. It can turn a review into a resubmit, but it never changes a
 * reject.
 */
const effect = z.enum(['review', 'resubmit', 'reject']);
export type RuleEffect = z.output<typeof effect>;

/**
 * How RiskOS writes the type of a document. Only the first two are in Socure's pages [doc]; the full list is not
 * published [open].
 */
export const documentTypes = [
  'Drivers License',
  'Military',
  'Passport',
  'Passport Card',
  'Identification Card',
  'National ID',
  'Residence Permit',
  'Permanent Resident Card',
  'Work Permit',
  'Employment Authorization',
  'Visa',
  'Voter ID',
  'Travel Document',
  'Tribal ID',
  'Consular ID',
] as const;

/** "Driver's License", "DRIVERS_LICENSE" and "Drivers License" are one type. */
function squeezed(type: string): string {
  return type.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '');
}

/** The type as {@link documentTypes} spells it; `undefined` if the list does not have it. */
function documentType(text: string): string | undefined {
  return documentTypes.find((known) => squeezed(known) === squeezed(text));
}

function listOf(read: (text: string) => string | undefined, message: string) {
  const item = z.string().transform((text, context) => {
    const found = text.length <= 100 ? read(text) : undefined;
    if (found !== undefined) return found;
    context.addIssue({ code: 'custom', message, input: text });
    return z.NEVER;
  });
  return z
    .array(item)
    .min(1, 'must name at least one')
    .max(300, 'must have at most 300 entries')
    .transform((items) => [...new Set(items)]);
}

/** Which documents are accepted. The lists are kept as {@link documentTypes} has them, and as alpha-3 codes. */
export const acceptedDocuments = z
  .strictObject({
    types: listOf(documentType, `must be one of ${documentTypes.join(', ')}`)
      .optional()
      .describe(`Document types, in any case and spacing: ${documentTypes.join(', ')}.`),
    countries: listOf(countryCode, 'must be an ISO 3166-1 code such as "US" or "USA"')
      .optional()
      .describe('Issuing countries, as ISO 3166-1 codes such as "US" or "USA".'),
    otherwise: effect
      .default('resubmit')
      .describe(
        'What follows when the document is not on the lists. An accepted document goes to review if RiskOS does not report its type or country.',
      ),
  })
  .refine(
    ({ types, countries }) => types !== undefined || countries !== undefined,
    'must have types or countries',
  )
  .meta({ anyOf: [{ required: ['types'] }, { required: ['countries'] }] });
type AcceptedDocuments = z.output<typeof acceptedDocuments>;

/** Whether the lists have the document; `unknown` if RiskOS does not report its type or country. */
export function isAcceptedDocument(
  { types, countries }: Pick<AcceptedDocuments, 'types' | 'countries'>,
  document: { documentType?: string; documentCountry?: string },
): 'yes' | 'no' | 'unknown' {
  const { documentType: type, documentCountry: country } = document;
  const found = [
    isIn(types, type, (text) => documentType(text) ?? text),
    isIn(countries, country, (text) => countryCode(text) ?? text),
  ];
  if (found.includes('no')) return 'no';
  return found.includes('unknown') ? 'unknown' : 'yes';
}

function isIn(
  list: readonly string[] | undefined,
  value: string | undefined,
  read: (text: string) => string,
): 'yes' | 'no' | 'unknown' {
  if (list === undefined) return 'yes';
  if (value === undefined) return 'unknown';
  return list.includes(read(value)) ? 'yes' : 'no';
}

/** Maps reason codes to effects. Codes are compared in upper case; two different effects for one code are refused. */
export const reasonCodeRules = z
  .record(z.string(), effect)
  .transform((given, context) => {
    const rules = new Map<string, RuleEffect>();
    const refuse = (message: string, path: string[] = []) =>
      context.addIssue({ code: 'custom', path, message, input: given });
    for (const [text, wanted] of Object.entries(given)) {
      const code = text.trim().toUpperCase();
      const before = rules.get(code);
      if (!/^[A-Z]{1,3}\d{2,4}$/.test(code)) refuse('must be a reason code such as "R831"', [text]);
      else if (before !== undefined && before !== wanted)
        refuse(`is there twice, as ${before} and as ${wanted}`, [text]);
      else rules.set(code, wanted);
    }
    if (rules.size > 300) refuse('must have at most 300 reason codes');
    return Object.fromEntries(rules);
  })
  .meta({ maxProperties: 300, propertyNames: { pattern: '^[A-Za-z]{1,3}[0-9]{2,4}$' } });

/** The most severe effect of the rules for an evaluation's reason codes, and the first code with that effect. */
export function ruleFor(
  rules: Readonly<Record<string, RuleEffect>>,
  reasonCodes: readonly string[],
): { code: string; effect: RuleEffect } | undefined {
  const met = reasonCodes.flatMap((code) => {
    const wanted = Object.hasOwn(rules, code) ? rules[code] : undefined;
    return wanted === undefined ? [] : [{ code, effect: wanted }];
  });
  const gravest = (['reject', 'review', 'resubmit'] as const).find((one) =>
    met.some((rule) => rule.effect === one),
  );
  return met.find((rule) => rule.effect === gravest);
}

const onFailure = z.enum(['ignore', 'review']);

/** What to do with an accept when an enrichment failed, by the step that failed. */
export const enrichmentFailureRules = z.strictObject({
  document_request: onFailure.default('review').describe('The step that sends the capture link failed.'),
  document_verification: onFailure.default('review').describe('The check of the document failed.'),
  selfie_reverification: onFailure.default('review').describe('The comparison of the selfie failed.'),
  digital_intelligence: onFailure.default('ignore').describe('The check of device and network failed.'),
  other: onFailure.default('ignore').describe('Another step failed.'),
} satisfies Record<FailedStep, z.ZodType>);
