import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createWorld, until, verdictsOf, type World } from '../support/world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld({
    scenarios: {
      code: { passive: [{ waitsFor: ['one_time_code'] }] },
      more: { passive: [{ waitsFor: ['more_information'], missing: ['individual.national_id'] }] },
      both: { passive: [{ waitsFor: ['one_time_code', 'capture'] }] },
      hosted: { passive: [{ waitsFor: ['hosted_flow'], candidate: 'person' }] },
    },
  });
  await world.startRelay();
  await world.startWorker();
});
afterAll(() => world.close());

const patches = (applicationId: string) =>
  world.emulator.ledger().patches.filter(({ id }) => id.startsWith(`${applicationId}~`));

describe('a one-time code', () => {
  test('is asked for, counted when it is wrong, sent again, and lets the check go on', async () => {
    const funnel = await world.start('code', { custom: { scenario: 'code' } });
    const asked = await until(funnel, ({ nextAction }) => nextAction.kind === 'enter_one_time_code');
    expect(asked).toMatchObject({ waitingFor: 'candidate', nextAction: { attemptsLeft: 5 } });
    const wrong = await funnel.submitOneTimeCode({ code: '000000' });
    expect(wrong.nextAction).toEqual({ kind: 'enter_one_time_code', attemptsLeft: 4 });
    expect((await funnel.resendOneTimeCode()).nextAction).toEqual({
      kind: 'enter_one_time_code',
      attemptsLeft: 4,
    });
    await funnel.submitOneTimeCode({ code: '123456' });
    const status = await until(funnel, ({ stage }) => stage === 'verified');
    expect(verdictsOf(status)[0]).toBe('passive_check 1 accept');
    expect(patches(funnel.applicationId)).toHaveLength(3);
  });

  test('is refused by form, and where nobody waits for one', async () => {
    const funnel = await world.start('no-code', { custom: { scenario: 'more' } });
    await until(funnel, ({ nextAction }) => nextAction.kind === 'provide_information');
    await expect(funnel.submitOneTimeCode({ code: 'abc' })).rejects.toMatchObject({ type: 'InvalidMessage' });
    await expect(funnel.submitOneTimeCode({ code: '123456' })).rejects.toMatchObject({
      type: 'WrongStage',
      message: expect.stringMatching(/does not wait for one time code; it waits for more information/),
    });
    expect(patches(funnel.applicationId)).toEqual([]);
  });

  test('can be followed by documents in the same evaluation', async () => {
    const funnel = await world.start('both', { custom: { scenario: 'both' } });
    await until(funnel, ({ nextAction }) => nextAction.kind === 'enter_one_time_code');
    await funnel.submitOneTimeCode({ code: '123456' });
    const status = await until(funnel, ({ stage }) => stage === 'verified');
    expect(verdictsOf(status)).toEqual(['passive_check 1 accept']);
    expect(status.baseline).toBe(true);
  });
});

test('more information is given by HR, and the check goes on', async () => {
  const funnel = await world.start('more', { custom: { scenario: 'more' } });
  await until(funnel, ({ nextAction }) => nextAction.kind === 'provide_information');
  await funnel.provideInformation({ candidate: { nationalId: '900-12-3456' } });
  const status = await until(funnel, ({ stage }) => stage === 'verified');
  expect(verdictsOf(status)[0]).toBe('passive_check 1 accept');
});

test("a Hosted Flow's page is shown to HR", async () => {
  const funnel = await world.start('hosted', { custom: { scenario: 'hosted' } });
  const status = await until(funnel, ({ nextAction }) => nextAction.kind === 'open_hosted_flow');
  expect(status.nextAction).toMatchObject({ url: expect.stringContaining(world.emulator.url) });
});
