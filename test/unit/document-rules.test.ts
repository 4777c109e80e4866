import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  acceptedDocuments,
  countryCode,
  describeIssues,
  documentTypes,
  isAcceptedDocument,
  policy,
  ruleFor,
  updates,
} from '../../src/contract/index.ts';
import { property } from '../support/property.ts';

function refusedWith(input: unknown): string {
  const parsed = policy.safeParse(input);
  return parsed.success ? 'taken' : describeIssues(parsed.error);
}

describe('a country', () => {
  it.each([
    ['US', 'USA'],
    ['usa', 'USA'],
    [' de ', 'DEU'],
    ['GBR', 'GBR'],
    ['XK', 'XKX'],
    ['UK', undefined],
    ['XX', undefined],
    ['USAA', undefined],
    ['', undefined],
    ['constructor', undefined],
  ])('%j is %j', (text, code) => {
    expect(countryCode(text)).toBe(code);
  });

  it('is known for every region that has a flag, and has one code', () => {
    const letters = Array.from({ length: 26 }, (_, index) => String.fromCodePoint(65 + index));
    const found = letters.flatMap((one) => letters.flatMap((other) => countryCode(one + other) ?? []));
    expect(found).toHaveLength(250);
    expect(new Set(found).size).toBe(250);
  });
});

describe('policy.documents.accepted', () => {
  it('keeps types and countries one way, each once', () => {
    const accepted = { types: ["driver's license", 'PASSPORT', 'Passport'], countries: ['US', 'usa', 'de'] };
    expect(policy.parse({ documents: { accepted } }).documents.accepted).toEqual({
      types: ['Drivers License', 'Passport'],
      countries: ['USA', 'DEU'],
      otherwise: 'resubmit',
    });
  });

  it.each<[string, object, string]>([
    [
      'an unknown type',
      { types: ['Passport', 'Library Card'] },
      'documents.accepted.types.1: must be one of',
    ],
    ['no country', { countries: ['US', 'XX'] }, 'documents.accepted.countries.1: must be an ISO 3166-1 code'],
    ['an empty list', { types: [] }, 'documents.accepted.types: must name at least one'],
    ['nothing', {}, 'documents.accepted: must have types or countries'],
    [
      'a type with much around it',
      { types: [`Passport${'.'.repeat(93)}`] },
      'documents.accepted.types.0: must be one of Drivers License, Military, Passport,',
    ],
    [
      'a longer list than anybody needs',
      { countries: Array.from({ length: 301 }, () => 'US') },
      'documents.accepted.countries: must have at most 300 entries',
    ],
    ['another way on', { types: ['Passport'], otherwise: 'accept' }, 'documents.accepted.otherwise: must be'],
    [
      'another field',
      { types: ['Passport'], states: ['NY'] },
      'documents.accepted.states: is not a known field',
    ],
  ])('refuses %s', (_, accepted, reason) => {
    expect(refusedWith({ documents: { accepted } })).toContain(reason);
  });

  it('takes a type of 100 characters, and a list of 300', () => {
    expect(refusedWith({ documents: { accepted: { types: [`Passport${'.'.repeat(92)}`] } } })).toBe('taken');
    const countries = Array.from({ length: 300 }, () => 'US');
    expect(refusedWith({ documents: { accepted: { countries } } })).toBe('taken');
  });

  it.each(documentTypes)('knows %s in other spellings, and no other type by it', (type) => {
    const squeezed = type.toUpperCase().replaceAll(' ', '_');
    expect(acceptedDocuments.parse({ types: [squeezed] }).types).toEqual([type]);
    for (const other of documentTypes) {
      const answer = isAcceptedDocument({ types: [type] }, { documentType: other.toLowerCase() });
      expect(answer).toBe(other === type ? 'yes' : 'no');
    }
  });

  it('refuses to ask for a document that it would not accept', () => {
    const accepted = { types: ['Drivers License'] };
    expect(refusedWith({ documents: { documentType: 'passport', accepted } })).toBe(
      'documents.accepted.types: has no passport, which documents.documentType asks for',
    );
    expect(refusedWith({ documents: { documentType: 'license', accepted } })).toBe('taken');
  });

  it.each([
    [{ types: ['Passport'] }, { documentType: 'Passport' }, 'yes'],
    [{ types: ['Drivers License'] }, { documentType: "Driver's  LICENSE" }, 'yes'],
    [{ types: ['Passport'] }, { documentType: 'Library Card' }, 'no'],
    [{ types: ['Passport'] }, {}, 'unknown'],
    [{ countries: ['US'] }, { documentCountry: 'USA' }, 'yes'],
    [{ countries: ['USA'] }, { documentCountry: 'US' }, 'yes'],
    [{ countries: ['USA'] }, { documentCountry: 'DEU' }, 'no'],
    [{ countries: ['USA'] }, { documentType: 'Passport' }, 'unknown'],
    [{ types: ['Passport'], countries: ['USA'] }, { documentType: 'Visa' }, 'no'],
    [{ types: ['Passport'], countries: ['USA'] }, { documentType: 'Passport' }, 'unknown'],
    [
      { types: ['Passport'], countries: ['USA'] },
      { documentType: 'Passport', documentCountry: 'USA' },
      'yes',
    ],
  ])('%j has %j: %s', (accepted, document, expected) => {
    expect(isAcceptedDocument(acceptedDocuments.parse(accepted), document)).toBe(expected);
  });

  property([
    fc.subarray([...documentTypes], { minLength: 1 }),
    fc.subarray(['USA', 'DEU', 'FRA'], { minLength: 1 }),
  ])('reads back what it wrote', (types, countries) => {
    const once = policy.parse({ documents: { accepted: { types, countries } } });
    expect(policy.parse(JSON.parse(JSON.stringify(once)))).toEqual(once);
    expect(once.documents.accepted).toMatchObject({ types, countries });
  });
});

describe.each(['documents', 'reverification'] as const)('policy.%s.rules', (part) => {
  const rulesOf = (rules: unknown): unknown => policy.parse({ [part]: { rules } })[part].rules;

  it('has a rule for each code, in any case', () => {
    expect(rulesOf(undefined)).toEqual({});
    expect(rulesOf({ ' r831 ': 'resubmit', R810: 'reject' })).toEqual({ R831: 'resubmit', R810: 'reject' });
    expect(rulesOf({ r831: 'review', R831: 'review' })).toEqual({ R831: 'review' });
    expect(rulesOf({ AB12: 'review', ABC1234: 'reject' })).toEqual({ AB12: 'review', ABC1234: 'reject' });
  });

  it.each<[string, object, string]>([
    [
      'two effects for one code',
      { R831: 'review', r831: 'reject' },
      'r831: is there twice, as review and as reject',
    ],
    ['a code that is none', { glare: 'review' }, 'glare: must be a reason code such as "R831"'],
    ['text before a code', { 'code R831': 'review' }, '"code R831": must be a reason code'],
    ['text after a code', { 'R831 glare': 'review' }, '"R831 glare": must be a reason code'],
    ['a code of many letters', { RRRR31: 'review' }, 'RRRR31: must be a reason code'],
    ['a code without a letter', { 831: 'review' }, '831: must be a reason code'],
    ['a code of one digit', { R8: 'review' }, 'R8: must be a reason code'],
    ['a code of many digits', { R83100: 'review' }, 'R83100: must be a reason code'],
    ['an accept', { R831: 'accept' }, 'R831: must be one of'],
  ])('refuses %s', (_, rules, reason) => {
    expect(refusedWith({ [part]: { rules } })).toContain(`${part}.rules.${reason}`);
  });
});

describe.each(['documents', 'reverification'] as const)('the number of policy.%s.rules', (part) => {
  const many = (length: number) =>
    Object.fromEntries(Array.from({ length }, (_, index) => [`R${1000 + index}`, 'review']));

  it('is at most 300', () => {
    expect(refusedWith({ [part]: { rules: many(300) } })).toBe('taken');
    expect(refusedWith({ [part]: { rules: many(301) } })).toContain(
      `${part}.rules: must have at most 300 reason codes`,
    );
  });

  it('counts a code in two cases once', () => {
    const rules = { ...many(300), r1000: 'review' };
    expect(refusedWith({ [part]: { rules } })).toBe('taken');
  });
});

describe('the rule that counts', () => {
  it('is the gravest, and the first code that has it', () => {
    const { rules } = policy.parse({
      documents: { rules: { R831: 'resubmit', I849: 'review', R836: 'reject' } },
    }).documents;
    expect(ruleFor(rules, ['I836', 'R831', 'I849'])).toEqual({ code: 'I849', effect: 'review' });
    expect(ruleFor(rules, ['R831', 'R836'])).toEqual({ code: 'R836', effect: 'reject' });
    expect(ruleFor(rules, ['I836'])).toBeUndefined();
    expect(ruleFor(rules, ['toString', '__proto__'])).toBeUndefined();
  });
});

describe('policy.onEnrichmentFailure', () => {
  it('is review for what documents and selfies rest on', () => {
    expect(policy.parse({}).onEnrichmentFailure).toEqual({
      document_request: 'review',
      document_verification: 'review',
      selfie_reverification: 'review',
      digital_intelligence: 'ignore',
      other: 'ignore',
    });
    expect(refusedWith({ onEnrichmentFailure: { other: 'reject' } })).toContain(
      'onEnrichmentFailure.other: must be',
    );
    expect(refusedWith({ onEnrichmentFailure: { phone_risk: 'review' } })).toContain('is not a known field');
  });
});

describe('policy.documents.redirect', () => {
  const url = 'https://hr.example/done';

  it('has headers and a delay', () => {
    const redirect = { url, method: 'POST', headers: { 'X-Application': 'app-1042' }, delay: 5 };
    expect(policy.parse({ documents: { redirect } }).documents.redirect).toEqual(redirect);
    const headers = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`h${index}`, '']));
    expect(policy.parse({ documents: { redirect: { url, headers } } }).documents.redirect).toMatchObject({
      headers,
    });
  });

  it.each<[object, string]>([
    [{ headers: { 'a b': 'x' } }, 'documents.redirect.headers."a b": must be the name of an HTTP header'],
    [
      { headers: { a: 'x\r\nSet-Cookie: y' } },
      'documents.redirect.headers.a: must be at most 4096 printable',
    ],
    [{ delay: -1 }, 'documents.redirect.delay: '],
    [
      { headers: Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`h${index}`, ''])) },
      'documents.redirect.headers: must have at most 50 headers',
    ],
  ])('refuses %j', (part, reason) => {
    expect(refusedWith({ documents: { redirect: { url, ...part } } })).toContain(reason);
  });
});

describe('an update that begins an evaluation', () => {
  it.each(['requestDocuments', 'requestReverification', 'requestPayrollSetup'] as const)(
    'brings what has changed of the session: %s',
    (name) => {
      const fresh = {
        diSessionToken: 'di-session-2',
        ipAddress: '203.0.113.7',
        externalDevice: { id: 'device-2', isKnown: true },
      };
      expect(updates[name].schema.parse(fresh)).toMatchObject(fresh);
      const wrong = updates[name].schema.safeParse({ ...fresh, externalDevice: { isKnown: 'yes' } });
      expect(wrong.error?.issues[0]?.path).toEqual(['externalDevice', 'isKnown']);
    },
  );
});
