import {
  ApplicationFailure,
  CancellationScope,
  condition,
  defineUpdate,
  setHandler,
} from '@temporalio/workflow';
import type { z } from 'zod';
import {
  describeIssues,
  type Evaluation,
  type FunnelState,
  inWords,
  missingFields,
  type Refusal,
  resumptionOf,
  type Stage,
  type Status,
  type UpdateMessage,
  type UpdateName,
  updateNames,
  updates,
  updatesPossibleIn,
} from '../src/contract/index.ts';
import { recordActivation } from './activation.ts';
import { type StepUp, stepUp } from './evaluation/step-up.ts';
import type { Key } from './key.ts';
import { improve, merged, openChecking } from './state.ts';
import { statusOf } from './status.ts';
import { note } from './timeline.ts';

interface Handling<Message> {
  /** Carries the update out; the status afterwards is its answer. */
  take(message: Message): Promise<void>;
  /** Throws the refusal of an update that is not possible although its stage is right. */
  admit?(message: Message): void;
}

type Handlings = { [Name in UpdateName]: Handling<UpdateMessage<Name>> };

type Rules = { [Name in UpdateName]: { schema: z.ZodType<UpdateMessage<Name>>; stages: readonly Stage[] } };
const rules: Rules = updates;

/** Registers a handler for each update. A withdrawal cancels `story`. */
export function registerUpdates(state: FunnelState, story: CancellationScope, key: Key): void {
  const handlings = handlingsOf(state, story);
  const turn: Turn = { of: null };
  for (const name of updateNames) register(state, name, handlings, key, turn);
}

/** The update that is being carried out. No run ends before it is answered. */
interface Turn {
  of: UpdateName | null;
}

/** A withdrawal waits for no other update, and a reading holds up none. */
const outOfTurn: readonly UpdateName[] = ['withdraw', 'readNow'];

function register<Name extends UpdateName>(
  state: FunnelState,
  name: Name,
  handlings: Pick<Handlings, Name>,
  key: Key,
  turn: Turn,
): void {
  const { schema, stages } = rules[name];
  const handling = handlings[name];
  const takesTurn = !outOfTurn.includes(name);
  setHandler(
    defineUpdate<Status, [unknown]>(name),
    async (input) => {
      recordActivation(state);
      if (takesTurn) turn.of = name;
      try {
        // Without the key the answer could not be encrypted.
        if (!key.there) await condition(() => key.there);
        await handling.take(schema.parse(input ?? {}));
        return statusOf(state);
      } finally {
        if (takesTurn) turn.of = null;
      }
    },
    {
      description: schema.description,
      validator: (input) => {
        const parsed = schema.safeParse(input ?? {});
        if (!parsed.success) throw refusal('InvalidMessage', describeIssues(parsed.error));
        if (!stages.includes(state.position.stage)) throw wrongStage(state, name);
        if (turn.of && name !== 'withdraw')
          throw refusal('WrongStage', `${turn.of} has just been accepted; look at the status first`);
        handling.admit?.(parsed.data);
      },
    },
  );
}

/** One entry for each update: what it does at the current position. */
function handlingsOf(state: FunnelState, story: CancellationScope): Handlings {
  const stepUps = new CancellationScope();

  const giving = <Message extends { by?: string | undefined }>(
    name: UpdateName,
    wanted: Evaluation['pausedFor'],
    given: (message: Message) => StepUp,
  ): Handling<Message> => ({
    take: async (message) => {
      const position = openChecking(state);
      const step = given(message);
      note(state, 'update', inWords(step.kind), { by: message.by });
      if (position) await stepUps.run(() => stepUp(state, position, step));
    },
    admit: () => {
      const waits = pausedFor(state);
      if (waits === wanted) return;
      const instead = waits ? `it waits for ${inWords(waits)}` : 'it waits for nothing';
      throw refusal('WrongStage', `RiskOS does not wait for ${inWords(wanted ?? name)}; ${instead}`);
    },
  });

  return {
    requestDocuments: {
      take: ({ by, ...session }) => {
        const { position } = state;
        if (position.stage !== 'awaiting_document_request') throw wrongStage(state, 'requestDocuments');
        improve(state, session);
        position.request = { kind: 'requestDocuments' };
        note(state, 'update', 'documents requested', { by });
        return moved(state);
      },
    },
    requestReverification: {
      take: ({ by, reason, ...session }) => {
        const { position } = state;
        if (position.stage !== 'verified') throw wrongStage(state, 'requestReverification');
        improve(state, session);
        position.request = { kind: 'requestReverification' };
        note(state, 'update', `reverification requested${reason ? `: ${inWords(reason)}` : ''}`, { by });
        return moved(state);
      },
      admit: () => {
        if (state.baseline) return;
        throw refusal(
          'NoBaseline',
          'there is no accepted document verification that a selfie could be compared with',
        );
      },
    },
    requestPayrollSetup: {
      take: ({ by, candidate, ...session }) => {
        const { position } = state;
        if (position.stage !== 'verified') throw wrongStage(state, 'requestPayrollSetup');
        improve(state, { ...session, ...candidate });
        position.request = { kind: 'requestPayrollSetup' };
        note(state, 'update', 'payroll setup requested', { by });
        return moved(state);
      },
      admit: ({ candidate }) => {
        const missing = missingFields('payroll_setup', merged(state, candidate));
        if (missing.length === 0) return;
        const fields = missing.map(
          (field) => `candidate.${field}: is required for the use case payroll_setup`,
        );
        throw refusal('InvalidMessage', fields.join('; '));
      },
    },
    submitOneTimeCode: giving('submitOneTimeCode', 'one_time_code', ({ code }) => ({
      kind: 'one_time_code',
      code,
    })),
    resendOneTimeCode: giving('resendOneTimeCode', 'one_time_code', () => ({ kind: 'resend_one_time_code' })),
    provideInformation: giving('provideInformation', 'more_information', ({ candidate }) => ({
      kind: 'information',
      candidate,
    })),
    review: {
      take: ({ verdict, by, reason }) => {
        const { position } = state;
        if (position.stage !== 'review') throw wrongStage(state, 'review');
        position.request = { kind: 'review', verdict };
        note(state, 'review', `review: ${verdict}: ${reason}`, { by });
        return moved(state);
      },
    },
    readNow: {
      take: async ({ by }) => {
        const before = state.position;
        const position = openChecking(state);
        if (!position) throw wrongStage(state, 'readNow');
        position.readingsAsked += 1;
        const mine = position.readingsAsked;
        note(state, 'update', 'reading requested', { by });
        const isDone = () => position.readingsDone >= mine || position.attempt.kind === 'posting';
        await condition(() => isDone() || state.position !== before);
      },
      admit: () => {
        if (!canReadNow(state)) throw wrongStage(state, 'readNow');
      },
    },
    correct: {
      take: ({ candidate, by }) => {
        const { position } = state;
        if (position.stage !== 'needs_attention') throw wrongStage(state, 'correct');
        improve(state, candidate);
        position.request = { kind: 'correct' };
        note(state, 'update', `corrected: ${Object.keys(candidate).join(', ')}`, { by });
        return moved(state);
      },
    },
    retry: {
      take: ({ by }) => {
        const { position } = state;
        if (position.stage !== 'needs_attention') throw wrongStage(state, 'retry');
        position.request = { kind: 'retry' };
        note(state, 'update', 'retried', { by });
        return moved(state);
      },
    },
    withdraw: {
      take: ({ reason, by }) => {
        note(state, 'update', `withdrawn${reason ? `: ${reason}` : ''}`, { by });
        stepUps.cancel();
        story.cancel();
        return moved(state);
      },
    },
    complete: {
      take: ({ by }) => {
        const { position } = state;
        if (position.stage !== 'verified') throw wrongStage(state, 'complete');
        position.request = { kind: 'complete' };
        note(state, 'update', 'completed', { by });
        return moved(state);
      },
    },
  };
}

/** Resolves when the story has taken the update up. */
async function moved(state: FunnelState): Promise<void> {
  const before = state.position;
  await condition(() => state.position !== before);
}

function wrongStage(state: FunnelState, name: UpdateName): ApplicationFailure {
  const { stage } = state.position;
  const waits = pausedFor(state);
  const possible = updatesPossibleIn(stage)
    .filter((one) => (wantedBy[one] ?? waits) === waits)
    .filter((one) => one !== 'readNow' || canReadNow(state));
  const instead =
    possible.length > 0 ? `possible now: ${possible.join(', ')}` : 'no update is possible any more';
  return refusal('WrongStage', `${name} is not possible at ${stage}; ${instead}`);
}

/** There is an evaluation to read, and reading it can change something. */
function canReadNow(state: FunnelState): boolean {
  const { position } = state;
  const isKnown = openChecking(state)?.attempt.kind === 'reading';
  return isKnown && (position.stage !== 'needs_attention' || resumptionOf(position.cause) === 'reading');
}

function pausedFor(state: FunnelState): Evaluation['pausedFor'] {
  const attempt = openChecking(state)?.attempt;
  return attempt?.kind === 'reading' ? attempt.latest?.pausedFor : undefined;
}

/** Updates that make sense only while RiskOS waits for something. */
const wantedBy: Partial<Record<UpdateName, Evaluation['pausedFor']>> = {
  submitOneTimeCode: 'one_time_code',
  resendOneTimeCode: 'one_time_code',
  provideInformation: 'more_information',
};

function refusal(type: Refusal, message: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(message, type);
}
