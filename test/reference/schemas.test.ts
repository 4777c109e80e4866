import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { jsonSchemaOf, schemaNames } from '../../src/contract/json-schema.ts';
import { application, imagesUpdates, policy, riskosEvent, updates } from '../../src/contract/index.ts';
import { createNotifier } from '../../src/notifier/index.ts';
import { startAnswering } from '../riskos/support/server.ts';
import { exampleApplication } from '../support/application.ts';
import { completeApplication, mutated } from '../workflow/bad-input/messages.ts';
import { faultsIn, validatorOf } from './ajv.ts';
import { exampleNotices, exampleStatus } from './examples.ts';
import { fieldsOf, readNode } from './json-schema.ts';
import { exampleArguments } from './messages-page.ts';
import { examplePolicy } from './policy-page.ts';
import { publishedIn, recordedFiles } from './recorded.ts';
import { property } from '../support/property.ts';

const example: unknown = JSON.parse(
  await readFile(new URL('../../examples/application.json', import.meta.url), 'utf8'),
);
const ofApplication = validatorOf('application');
const ofPolicy = validatorOf('policy');

describe('the JSON Schema of an application', () => {
  test.each([
    ['examples/application.json', example],
    ['one with every part', completeApplication],
    ['the same with every default', application.parse(completeApplication)],
    [
      'contractor onboarding',
      { ...completeApplication, baseline: undefined, useCase: 'contractor_onboarding' },
    ],
  ])('accepts %s', (_name, value) => {
    expect(faultsIn(ofApplication, JSON.parse(JSON.stringify(value)))).toEqual([]);
  });

  const { candidate } = exampleApplication('app-1');
  test.each<[string, unknown]>([
    ['no candidate', { applicationId: 'app-1' }],
    ['an id with other characters', exampleApplication('jane@example.com')],
    ['an unknown field', { ...exampleApplication('app-1'), extra: 1 }],
    [
      'an unknown field of the candidate',
      exampleApplication('app-1', { candidate: Object.assign({ age: 30 }, candidate) }),
    ],
    [
      'no address for a passive check',
      { applicationId: 'app-1', candidate: { ...candidate, address: undefined } },
    ],
    [
      'no national id for contractor onboarding',
      exampleApplication('app-1', { useCase: 'contractor_onboarding' }),
    ],
    [
      'a country in words',
      exampleApplication('app-1', { candidate: { ...candidate, address: { country: 'Portugal' } } }),
    ],
    [
      'a phone number without +',
      exampleApplication('app-1', { candidate: { ...candidate, phoneNumber: '4155550142' } }),
    ],
    [
      'an e-mail address without @',
      exampleApplication('app-1', { candidate: { ...candidate, email: 'robin' } }),
    ],
    ['a blank name', exampleApplication('app-1', { candidate: { ...candidate, givenName: '' } })],
    [
      'a date in another order',
      exampleApplication('app-1', { candidate: { ...candidate, dateOfBirth: '31.12.1990' } }),
    ],
    ['no IP address', exampleApplication('app-1', { candidate: { ...candidate, ipAddress: '300.1.1.1' } })],
    ['a duration without a number', exampleApplication('app-1', { policy: { ambiguousWait: 'soon' } })],
    ['a duration of nothing', exampleApplication('app-1', { policy: { ambiguousWait: '0s' } })],
    ['a misspelt setting', { ...exampleApplication('app-1'), policy: { documents: { maxAttempt: 3 } } }],
    ['too many attempts', exampleApplication('app-1', { policy: { documents: { maxAttempts: 11 } } })],
    [
      'accepted documents of nothing',
      exampleApplication('app-1', { policy: { documents: { accepted: {} } } }),
    ],
    [
      'a rule on no reason code',
      exampleApplication('app-1', { policy: { documents: { rules: { soon: 'review' } } } }),
    ],
  ])('refuses %s, as a funnel does', (_name, value) => {
    const sent: unknown = JSON.parse(JSON.stringify(value));
    expect(faultsIn(ofApplication, sent)).not.toEqual([]);
    expect(application.safeParse(sent).success).toBe(false);
  });

  property([mutated(completeApplication)], { numRuns: 1000 })(
    'accepts whatever a funnel accepts',
    (value) => {
      const text = JSON.stringify(value);
      const { data } = application.safeParse(text === undefined ? undefined : JSON.parse(text));
      if (data) expect(faultsIn(ofApplication, JSON.parse(JSON.stringify(data)))).toEqual([]);
    },
  );
});

describe('the JSON Schema of a policy', () => {
  test.each<[string, unknown]>([
    ['an empty one', {}],
    ['the defaults', policy.parse({})],
    ['the example of docs/policy.md', examplePolicy],
  ])('accepts %s, as a funnel does', (_name, value) => {
    expect(faultsIn(ofPolicy, value)).toEqual([]);
    expect(policy.safeParse(value).success).toBe(true);
  });
});

describe('the JSON Schemas of status and notice', () => {
  const ofStatus = validatorOf('status');
  const ofNotice = validatorOf('notice');

  test('accept the examples of the reference', () => {
    expect(faultsIn(ofStatus, exampleStatus)).toEqual([]);
    for (const notice of Object.values(exampleNotices)) expect(faultsIn(ofNotice, notice)).toEqual([]);
  });

  test('accept a notice as it is sent, whose body has no id', async () => {
    const receiver = await startAnswering(204, '');
    const secret = `whsec_${Buffer.alloc(32, 'a').toString('base64')}`;
    const notifier = createNotifier({ url: receiver.url, secrets: [secret] });
    for (const notice of Object.values(exampleNotices)) await notifier.send({ id: 'notice~1', ...notice });
    const bodies = receiver.received.map(({ body }): unknown => JSON.parse(body));
    expect(bodies).toEqual(Object.values(exampleNotices));
    for (const body of bodies) expect(faultsIn(ofNotice, body)).toEqual([]);
    await notifier.close();
  });

  test('accept fields of a newer release', () => {
    expect(faultsIn(ofStatus, { ...exampleStatus, newer: true })).toEqual([]);
  });

  test.each<[string, Record<string, unknown>]>([
    ['no stage', { stage: undefined }],
    ['an unknown stage', { stage: 'somewhere' }],
    ['a deadline that is no time', { deadline: 'tomorrow' }],
    ['a link without its address', { nextAction: { kind: 'show_capture_link', attempt: 1, of: 3 } }],
    ['an action of no known kind', { nextAction: { kind: 'dance' } }],
    ['a verdict without its evaluation', { verdicts: [{ stage: 'passive_check', verdict: 'accept' }] }],
  ])('refuse %s', (_name, change) => {
    const status: unknown = JSON.parse(JSON.stringify({ ...exampleStatus, ...change }));
    expect(faultsIn(ofStatus, status)).not.toEqual([]);
    const { 'funnel.changed': notice } = exampleNotices;
    expect(faultsIn(ofNotice, { ...notice, data: status })).not.toEqual([]);
  });

  const published = recordedFiles.map((file) => ({ file, ...publishedIn(file) }));

  test('accept every status and notice in the recorded histories', () => {
    const wrong = published.flatMap(({ file, statuses, notices }) =>
      [
        ...statuses.flatMap((status) => faultsIn(ofStatus, status)),
        ...notices.flatMap((notice) => faultsIn(ofNotice, notice)),
      ].map((fault) => `${file} ${fault}`),
    );
    expect(wrong).toEqual([]);
  });

  test('of which there are many', () => {
    expect(published.flatMap(({ statuses }) => statuses).length).toBeGreaterThan(20);
    expect(published.flatMap(({ notices }) => notices).length).toBeGreaterThan(5);
  });
});

test.each(Object.entries(exampleArguments))('the example argument of %s is accepted', (name, value) => {
  const found = Object.entries(updates).find(([each]) => each === name)?.[1];
  expect(found?.schema.safeParse(value)).toMatchObject({ success: true });
});

/** Everything whose fields a reference page lists. */
const described: [string, object][] = [
  ...schemaNames.map((name): [string, object] => [name, jsonSchemaOf(name)]),
  ...[
    ...Object.entries(updates).map(([name, { schema }]): [string, z.ZodType] => [name, schema]),
    ...Object.entries(imagesUpdates),
    ['riskosEvent', riskosEvent] satisfies [string, z.ZodType],
  ].map(([name, schema]): [string, object] => [name, z.toJSONSchema(schema, { io: 'input' })]),
];

test.each(described)('every field of %s has one sentence that says what it is', (_name, schema) => {
  const bare = fieldsOf(readNode(schema)).filter(
    ({ node }) => node.const === undefined && !/^[A-Z].*\.$/s.test(node.description ?? ''),
  );
  expect(bare.map(({ path }) => path)).toEqual([]);
});
