import * as fc from 'fast-check';
import type { z } from 'zod';
import { application, describeIssues, type UpdateName, updates } from '../../../src/contract/index.ts';
import { exampleApplication } from '../../support/application.ts';

/** Stands in every bad value, and must never come back in an error. */
export const canary = 'CANARY-4711';

const address = { line1: '12 Harbour Lane', country: 'US', postalCode: '97201' };
const candidate = {
  ...exampleApplication('a').candidate,
  dateOfBirth: '1990-01-01',
  nationalId: '900-12-3456',
};

/** One message of each update with every field that it can have. */
const complete: Record<UpdateName, Record<string, unknown>> = {
  requestDocuments: { diSessionToken: 'di-session-2' },
  requestReverification: { diSessionToken: 'di-session-2', reason: 'first_day' },
  requestPayrollSetup: {
    diSessionToken: 'di-session-2',
    candidate: { address, dateOfBirth: '1990-01-01', nationalId: '900-12-3456' },
  },
  submitOneTimeCode: { code: '482913' },
  resendOneTimeCode: {},
  provideInformation: { candidate },
  review: { verdict: 'accept', by: 'reviewer-7', reason: 'same person' },
  readNow: { by: 'operator-3' },
  correct: { candidate },
  retry: {},
  withdraw: { reason: 'position filled' },
  complete: {},
};

/** An application with every part that it can have. */
export const completeApplication = {
  ...exampleApplication('bad-input'),
  candidate,
  useCase: 'passive',
  custom: { scenario: 'accept', source: 'careers page', score: 4 },
  baseline: { referenceId: 'accepted-elsewhere-1', transactionToken: 'token-1' },
  policy: {
    passive: { onReview: 'review' },
    documents: {
      start: 'immediately',
      maxAttempts: 3,
      deadline: '7 days',
      redirect: { url: 'https://hr.example/' },
    },
    review: { deadline: '5 days', reminder: '1 day' },
    reverification: { every: null, onReject: 'close' },
    reconciliation: { first: '30s', longest: '12 hours' },
    images: { archiveOn: ['accept'], keepFor: '90 days' },
    verdicts: { PASSED: 'accept' },
    ambiguousWait: '30s',
  },
};

/** Values that are wrong nearly everywhere. */
const badValue = fc.constantFrom<unknown>(
  null,
  '',
  canary,
  canary.repeat(1000),
  `${canary}\ud800`,
  { [canary.toLowerCase()]: canary },
  [canary],
  [],
  {},
  true,
  0,
  -1,
  1.5,
  Number.MAX_VALUE,
);

const badName = fc.constantFrom('__proto__', 'constructor', 'prototype', 'toString', 'extra', '\ud800');

/** One change somewhere in a valid message: a field left out, another value, a field too many. */
export function mutated(message: unknown): fc.Arbitrary<unknown> {
  return fc
    .record({ path: fc.constantFrom(...pathsOf(message)), name: badName, value: badValue })
    .chain(({ path, name, value }) =>
      fc.constantFrom(
        changed(message, path, () => value),
        changed(message, path, () => undefined),
        changed(message, path, (at) => withField(at, name, value)),
      ),
    );
}

/** Every place in a message, the message itself included. */
function pathsOf(value: unknown): string[][] {
  if (!isObject(value)) return [[]];
  const below = Object.entries(value).flatMap(([name, one]) => pathsOf(one).map((path) => [name, ...path]));
  return [[], ...below];
}

function changed(value: unknown, [name, ...path]: string[], change: (at: unknown) => unknown): unknown {
  if (name === undefined) return change(value);
  if (!isObject(value)) return value;
  return { ...value, [name]: changed(value[name], path, change) };
}

/** A field of its own, `__proto__` too, as JSON brings it. */
function withField(value: unknown, name: string, bad: unknown): unknown {
  return Object.fromEntries([...Object.entries(isObject(value) ? value : {}), [name, bad]]);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const garbage = fc.anything({ withNullPrototype: true, values: [badValue, fc.string(), fc.double()] });

/** As it arrives through JSON; `undefined` where nothing would. */
function throughJson(value: unknown): unknown {
  const text = JSON.stringify(value);
  return text === undefined ? undefined : JSON.parse(text);
}

function refusedBy(schema: z.ZodType, valid: unknown): fc.Arbitrary<unknown> {
  return fc
    .oneof({ arbitrary: mutated(valid), weight: 4 }, garbage)
    .map(throughJson)
    .filter((value) => value !== undefined && value !== null && !schema.safeParse(value).success);
}

/** Messages that the schema of the update refuses. */
export function badMessages(name: UpdateName): fc.Arbitrary<unknown> {
  return refusedBy(updates[name].schema, complete[name]);
}

/** Start arguments that the schema refuses. */
export const badApplications: fc.Arbitrary<unknown> = refusedBy(application, completeApplication);

/** What the schema says, field by field; a refusal has to say just that. */
export function reasonFor(name: UpdateName, message: unknown): string {
  const { error } = updates[name].schema.safeParse(message);
  return error ? describeIssues(error) : 'accepted';
}
