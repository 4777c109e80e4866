import { isIP } from 'node:net';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { application, candidate, checkInput, describeIssues, updates } from '../../src/contract/index.ts';
import { badApplications, badMessages, completeApplication } from '../workflow/bad-input/messages.ts';
import { property } from '../support/property.ts';
import { codePoint } from '../support/code-point.ts';

const whole = completeApplication.candidate;

/** What each field may hold that people may doubt, and what is sent. */
const accepted: [keyof typeof whole | 'ipAddress', unknown, unknown?][] = [
  ['email', 'o&leary@example.com'],
  ['email', 'a/b=c@example.com'],
  ['email', "o'hara+hr@example.co.uk"],
  ['email', 'x@example-one.museum'],
  ['email', `${'a'.repeat(64)}@example.com`],
  ['email', ' robin@example.com\n', 'robin@example.com'],
  ['email', 'robin@bücher.example', 'robin@xn--bcher-kva.example'],
  ['email', 'robin@例え.テスト', 'robin@xn--r8jz45g.xn--zckzah'],
  ['email', 'robin@xn--bcher-kva.example'],
  ['givenName', "D'Arcy"],
  ['givenName', 'Anne-Marie'],
  ['givenName', 'J.'],
  ['givenName', '-'],
  ['givenName', 'Nguyễn Thị'],
  ['givenName', 'Jose\u0301', 'José'],
  ['givenName', '\u00a0 Robin \t', 'Robin'],
  ['familyName', '𠮷田'],
  ['familyName', "O'Neill-Ó Súilleabháin"],
  ['familyName', 'Q'.repeat(240)],
  ['dateOfBirth', '2000-02-29'],
  ['dateOfBirth', '1900-01-01'],
  ['phoneNumber', ' +14155550142 ', '+14155550142'],
  ['ipAddress', '203.0.113.7'],
  ['ipAddress', '::ffff:203.0.113.7', '203.0.113.7'],
  ['ipAddress', '::FFFF:cb00:7107', '203.0.113.7'],
  ['ipAddress', '0:0:0:0:0:ffff:203.0.113.7', '203.0.113.7'],
  ['ipAddress', '2001:db8::1'],
];

const refused: [string, unknown, RegExp][] = [
  ['email', 'josé@example.com', /ASCII letters only before the @/],
  ['email', 'robin@localhost', /what follows the @ must be the name of a domain/],
  ['email', 'robin@203.0.113.7', /must be the name of a domain/],
  ['email', 'robin@eu.example.123', /must be the name of a domain/],
  ['email', 'robin@exa mple.com', /must be the name of a domain/],
  ['email', 'robin@example..com', /must be the name of a domain/],
  ['email', 'ro..bin@example.com', /single dots/],
  ['email', '"robin quill"@example.com', /single dots/],
  ['email', `${'a'.repeat(65)}@example.com`, /up to 64/],
  ['email', 'robin', /must be an e-mail address/],
  ['email', 'robin@', /must be an e-mail address/],
  ['email', 'robin@example.com/../x', /must be the name of a domain/],
  ['givenName', '', /must not be blank/],
  ['givenName', '   ', /must not be blank/],
  ['givenName', '\u00a0\u2003', /must not be blank/],
  ['givenName', '\u200b', /zero-width/],
  ['givenName', 'Ro\u200bbin', /zero-width or invisible/],
  ['givenName', '\u202eRobin', /zero-width or invisible/],
  ['givenName', '\u3164', /zero-width or invisible/],
  ['givenName', 'Mary\u00a0Ann', /non-breaking space; write an ordinary one/],
  ['givenName', 'Mary\u3000Ann', /unusual space/],
  ['givenName', 'Robin\u0000', /control character/],
  ['givenName', 'Robin\nQuill', /line break/],
  ['givenName', 'Robin\u2028Quill', /line break/],
  ['givenName', 'Robin\ud83d', /half a character/],
  ['givenName', 'Ren\ufffd', /lost in a conversion/],
  ['givenName', '12', /must have a letter, or be "-" for a person with one name/],
  ['familyName', '-', /must have a letter$/],
  ['familyName', 'Q'.repeat(241), /at most 240 characters/],
  ['familyName', 7, /must be text/],
  ['dateOfBirth', '2001-02-29', /must be a day of the calendar/],
  ['dateOfBirth', '1990-13-01', /must be a day of the calendar/],
  ['dateOfBirth', '1899-12-31', /must not be before 1900/],
  ['dateOfBirth', '9999-12-31', /must not be in the future/],
  ['dateOfBirth', '01.02.1990', /must be YYYY-MM-DD/],
  ['nationalId', '\u200b', /zero-width/],
  ['phoneNumber', '+1 415 555 0142', /must be E\.164/],
  ['phoneNumber', '+1415555٠١٤٢', /must be E\.164/],
  ['address.country', 'UK', /must be an ISO 3166-1/],
  ['address.country', 'us', /in capital letters/],
  ['address.country', 'XX', /must be an ISO 3166-1/],
  ['address.line1', 'a\u0007', /control character/],
  ['address.postalCode', ' ', /must not be blank/],
  ['ipAddress', '203.0.113.256', /must be an IPv4 or IPv6/],
  ['ipAddress', 'fe80::1%eth0', /must be an IPv4 or IPv6/],
  ['diSessionToken', '', /must not be blank/],
];

/** Every door through which a candidate's fields come; a start in plain JSON is parsed by the first in the workflow. */
const doors = {
  start: (fields: object) =>
    checkInput(application, { ...completeApplication, candidate: { ...whole, ...fields } }),
  correct: (fields: object) => checkInput(updates.correct.schema, { candidate: fields }),
  provideInformation: (fields: object) =>
    checkInput(updates.provideInformation.schema, { candidate: fields }),
  requestPayrollSetup: (fields: object) =>
    checkInput(updates.requestPayrollSetup.schema, { candidate: fields }),
};

function fieldsOf(path: string, value: unknown): object {
  const [first = '', second] = path.split('.');
  return { [first]: second === undefined ? value : { ...whole.address, [second]: value } };
}

describe('a candidate', () => {
  test.each(accepted)('may have as %s %j', (field, value, sent = value) => {
    const parsed = candidate.safeParse({ ...whole, [field]: value });
    expect(parsed.error).toBeUndefined();
    expect(parsed.data).toHaveProperty(field, sent);
    // The client parses first, then the workflow.
    expect(candidate.parse(parsed.data)).toEqual(parsed.data);
  });

  describe.each(['start', 'correct', 'provideInformation'] as const)('at %s', (door) => {
    test.each(refused)('may not have as %s %j', (path, value, reason) => {
      const { error } = doors[door](fieldsOf(path, value));
      const text = error ? describeIssues(error) : 'accepted';
      expect(text).toMatch(reason);
      expect(text).toMatch(
        new RegExp(
          `^candidate\\.${path.replace('.', '\\.')}: must|^candidate\\.${path.replace('.', '\\.')}: has`,
        ),
      );
    });
  });

  test.each(refused.filter(([path]) => /^(address|dateOfBirth|nationalId)/.test(path)))(
    'has the same rules at requestPayrollSetup: %s %j',
    (path, value, reason) => {
      const { error } = doors.requestPayrollSetup(fieldsOf(path, value));
      expect(error ? describeIssues(error) : 'accepted').toMatch(reason);
    },
  );
});

/** Text of every kind: plain, of other scripts, and what people paste. */
const anyText = fc.oneof(
  fc.string({ unit: codePoint, maxLength: 300 }),
  fc.string({ unit: 'grapheme', maxLength: 250 }),
  fc.constantFrom('', ' ', '-', '\u200b', 'a\ud800', 'x'.repeat(241)),
);
const anyField: Record<string, fc.Arbitrary<unknown>> = {
  givenName: anyText,
  familyName: anyText,
  email: fc.oneof(
    fc.emailAddress(),
    fc.tuple(anyText, anyText).map(([local, domain]) => `${local}@${domain}`),
    fc.tuple(fc.domain(), fc.string({ unit: 'grapheme' })).map(([domain, text]) => `x@${text}${domain}`),
    anyText,
  ),
  phoneNumber: fc.oneof(fc.stringMatching(/^\+?\d{0,17}$/), anyText),
  diSessionToken: anyText,
  dateOfBirth: fc.oneof(
    fc.date({ noInvalidDate: true }).map((date) => date.toISOString().slice(0, 10)),
    fc.stringMatching(/^\d{4}-\d{2}-\d{2}$/),
    anyText,
  ),
  nationalId: anyText,
  ipAddress: fc.oneof(
    fc.ipV4(),
    fc.ipV6(),
    fc.ipV4().map((ip) => `::ffff:${ip}`),
    anyText,
  ),
  address: fc.record({
    line1: anyText,
    locality: anyText,
    country: fc.oneof(fc.stringMatching(/^[A-Z]{2}$/), anyText),
    postalCode: anyText,
  }),
};
const regions = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' });

/** RiskOS's documented limits, read from Socure's pages apart from the schema. */
function withinRiskosLimits(person: z.output<typeof candidate>): void {
  for (const name of [person.givenName, person.familyName]) {
    expect(name.length).toBeGreaterThan(0);
    expect(name.length).toBeLessThanOrEqual(240);
  }
  for (const text of Object.values(person).filter((value) => typeof value === 'string')) {
    expect(text).toBe(text.trim());
    expect(Buffer.from(text).toString()).toBe(text);
    expect(text).not.toMatch(/\p{Cc}/u);
  }
  expect(person.email).toMatch(/^[\x21-\x7e]{1,64}@[a-z0-9.-]{3,190}$/i);
  expect(person.phoneNumber).toMatch(/^\+[1-9]\d{1,14}$/);
  if (person.dateOfBirth !== undefined) {
    const day = new Date(person.dateOfBirth);
    expect(day.toISOString().slice(0, 10)).toBe(person.dateOfBirth);
    expect(day.getTime()).toBeLessThanOrEqual(Date.now());
  }
  if (person.ipAddress !== undefined) expect(isIP(person.ipAddress)).toBeGreaterThan(0);
  if (person.address) expect(regions.of(person.address.country)).toBeDefined();
}

describe('whatever a field holds', () => {
  const field = fc.constantFrom(...Object.keys(anyField));
  const change = field.chain((name) =>
    fc.record({ name: fc.constant(name), value: anyField[name] ?? fc.anything() }),
  );

  property([change], { numRuns: 3000 })(
    'RiskOS takes what is accepted, and what is refused names the field',
    ({ name, value }) => {
      const parsed = checkInput(candidate, { ...whole, [name]: value });
      if (parsed.success) withinRiskosLimits(parsed.data);
      else {
        for (const line of describeIssues(parsed.error, 'candidate').split('; candidate')) {
          expect(line).toMatch(new RegExp(`^(candidate)?\\.${name}(\\.\\w+)?: (must|has) `));
        }
      }
    },
  );
});

describe('no message is zod’s own', () => {
  // Whatever zod would say by itself is this word.
  beforeAll(() => z.config({ localeError: () => 'ZOD' }));
  afterAll(() => z.config(z.locales.en()));

  property([badApplications], { numRuns: 500 })('of an application', (input) => {
    const { error } = checkInput(application, input);
    expect(error ? describeIssues(error) : '').not.toMatch(/ZOD|Invalid|Too (big|small)|expected|received/);
  });

  for (const name of ['correct', 'requestPayrollSetup', 'review', 'withdraw', 'readNow'] as const) {
    property([badMessages(name)], { numRuns: 200 })(`of ${name}`, (message) => {
      const { error } = checkInput(updates[name].schema, message);
      expect(error ? describeIssues(error) : '').not.toMatch(/ZOD|Invalid|Too (big|small)|expected|received/);
    });
  }
});

property([badApplications], { numRuns: 500 })(
  'the workflow, which parses without our words, says the same',
  (input) => {
    const [ours, plain] = [checkInput(application, input), application.safeParse(input)];
    expect(plain.error && describeIssues(plain.error)).toBe(ours.error && describeIssues(ours.error));
  },
);
