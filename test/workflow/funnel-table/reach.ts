import type { ApplicationInput, Funnel, FunnelStatus } from '../../../src/client/index.ts';
import type { UpdateName } from '../../../src/contract/index.ts';
import { quickPolicy, type World } from '../../support/world.ts';
import { waitingIn } from './plays.ts';
import { sendUpdate } from './send.ts';
import { type EvaluatedStage, isWait, type State, type Wait } from './states.ts';

type PolicyInput = NonNullable<ApplicationInput['policy']>;

/** Nothing happens by itself while a funnel of the table is looked at. */
const patient: PolicyInput = { ...quickPolicy, ambiguousWait: '1 hour', passive: { onReview: 'review' } };
const unclear: PolicyInput = { ...patient, ambiguousWait: '1ms' };
const onRequest: PolicyInput = { ...patient, documents: { ...patient.documents, start: 'on_request' } };

export const baseline = { referenceId: 'accepted-elsewhere-1' };
/** Longer than the example of a funnel needs to come anywhere, on a busy machine too. */
const patience = 90_000;

/** A funnel on its way to a state. */
export interface Way {
  scenario: string;
  policy: PolicyInput;
  /** Whether it begins at verified. */
  baseline: boolean;
  /** What HR asks for on the way. */
  ask?: UpdateName;
  arrived: (status: FunnelStatus) => boolean;
}

const at =
  (stage: FunnelStatus['stage'], attempt = 2) =>
  (status: FunnelStatus) =>
    status.stage === stage && status.attempt === attempt;

const shows: Record<Wait, (status: FunnelStatus) => boolean> = {
  asked: ({ trouble }) => trouble !== null,
  works: ({ deadline, waitingFor }) => deadline !== null && waitingFor === 'riskos',
  capture: ({ nextAction }) => nextAction.kind === 'show_capture_link',
  code: ({ nextAction }) => nextAction.kind === 'enter_one_time_code',
  information: ({ nextAction }) => nextAction.kind === 'provide_information',
  hosted: ({ nextAction }) => nextAction.kind === 'open_hosted_flow',
};

const asks: Record<EvaluatedStage, UpdateName | undefined> = {
  passive_check: undefined,
  document_verification: undefined,
  selfie_reverification: 'requestReverification',
  payroll_setup: 'requestPayrollSetup',
};

export function wayTo(state: State, stage: EvaluatedStage): Way {
  const way = { policy: patient, baseline: false };
  if (isWait(state)) {
    const ask = asks[stage];
    return {
      ...way,
      scenario: waitingIn(stage, state),
      baseline: ask !== undefined,
      ...(ask ? { ask } : {}),
      arrived: (status) => at(stage)(status) && shows[state](status),
    };
  }
  switch (state) {
    case 'awaiting':
      return {
        ...way,
        scenario: 'straight-on',
        policy: onRequest,
        arrived: at('awaiting_document_request'),
      };
    case 'review':
      return { ...way, scenario: 'in-documents-review', arrived: at('review') };
    case 'verified':
      return {
        ...way,
        scenario: 'straight-on',
        baseline: true,
        ask: 'requestPayrollSetup',
        arrived: (status) => at('verified')(status) && status.verdicts.length === 2,
      };
    case 'refused':
      return { ...way, scenario: 'refused', arrived: at('needs_attention') };
    case 'unclear':
      return { ...way, scenario: 'unclear', policy: unclear, arrived: at('needs_attention') };
    case 'closed':
      return { ...way, scenario: 'passive-reject', arrived: at('closed', 1) };
  }
}

/** Starts a funnel and lets it come to a state. */
export async function reach(world: World, state: State, stage: EvaluatedStage): Promise<Funnel> {
  const way = wayTo(state, stage);
  const funnel = await setOut(world, way, way.policy);
  if (state === 'closed') await funnel.result();
  else await until(funnel, way.arrived);
  return funnel;
}

/** The same with deadlines that come soon; where it stands when this resolves is a matter of time. */
export function setOutFor(world: World, state: State, stage: EvaluatedStage): Promise<Funnel> {
  const way = wayTo(state, stage);
  return setOut(world, way, { ...way.policy, ...soon(state) });
}

/** Deadlines of seconds. */
export function soon(state: State): PolicyInput {
  return {
    documents: { start: 'immediately', deadline: '4s' },
    review: { deadline: '4s' },
    reverification: { deadline: '4s', ...(state === 'verified' ? { every: '4s' } : {}) },
  };
}

/** Whether the time has come, and what it brings has happened. */
export function hasPassed(state: State, stage: FunnelStatus['stage'], timeline: string[]): boolean {
  return (
    timeline.some((line) => /: deadline passed$|^overdue since|^stopped for attention/.test(line)) ||
    (!isWait(state) && stage === 'selfie_reverification')
  );
}

/** On the way to the end of the first evaluation of that stage, with a scenario and a policy of its own. */
export function wayToVerdict(stage: EvaluatedStage, scenario: string, policy: PolicyInput): Way {
  const ask = asks[stage];
  const immediately: PolicyInput =
    stage === 'document_verification' ? { documents: { start: 'immediately' } } : {};
  return {
    scenario,
    policy: { ...immediately, ...policy },
    baseline: ask !== undefined,
    ...(ask ? { ask } : {}),
    arrived: () => true,
  };
}

/** Like `until` of the other tests, but asks less often: there are many funnels at once. */
async function until(funnel: Funnel, fulfils: (status: FunnelStatus) => boolean): Promise<void> {
  let last: FunnelStatus | undefined;
  for await (const status of funnel.watch({ interval: 300, signal: AbortSignal.timeout(patience) })) {
    last = status;
    if (fulfils(status)) return;
  }
  throw new Error(`it never came to that; the last status was ${JSON.stringify(last)}`);
}

async function setOut(world: World, way: Way, policy: PolicyInput): Promise<Funnel> {
  const funnel = await world.start('table', {
    custom: { scenario: way.scenario },
    policy,
    ...(way.baseline ? { baseline } : {}),
  });
  if (way.ask) {
    await until(funnel, ({ stage }) => stage === 'verified');
    await sendUpdate(funnel, way.ask);
  }
  return funnel;
}
