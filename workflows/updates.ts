import { ApplicationFailure, CancellationScope, condition, defineUpdate, setHandler } from '@temporalio/workflow';
import {
  type Candidate,
  describeIssues,
  type Evaluation,
  type FunnelState,
  inWords,
  missingFields,
  type NeedsAttention,
  type Position,
  type Refusal,
  resumptionOf,
  type Review,
  type Status,
  type UpdateMessage,
  type UpdateName,
  updates,
  updatesPossibleIn,
  type Verified,
} from '../src/contract/index.ts';
import { recordActivation } from './activation.ts';
import { type StepUp, stepUp } from './evaluation/step-up.ts';
import { openChecking } from './state.ts';
import { statusOf } from './status.ts';
import { note } from './timeline.ts';

/** What an update does once it is accepted, and why it may be refused although its stage is right. */
interface Handling<Name extends UpdateName> {
  take(message: UpdateMessage<Name>): void | Promise<void>;
  refuse?(message: UpdateMessage<Name>): Refused | undefined;
}

type Refused = [type: Refusal, message: string];

/** Registers a handler for each update; `story` is what a withdrawal ends. */
export function registerUpdates(state: FunnelState, story: CancellationScope): void {
  const handlings = handlingsOf(state, story);
  for (const name of updateNamesOf(handlings)) register(state, name, handlings[name]);
}
