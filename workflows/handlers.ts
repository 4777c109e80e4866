import { type CancellationScope, defineQuery, defineSignal, setHandler } from '@temporalio/workflow';
import {
  type FunnelState,
  imagesSignal,
  riskosEventSignal,
  type Status,
  statusQuery,
  type TimelineEntry,
  timelineQuery,
} from '../src/contract/index.ts';
import { onRiskosEvent } from './events.ts';
import { onImages } from './images.ts';
import type { Key } from './key.ts';
import { statusOf } from './status.ts';
import { timelineOf } from './timeline.ts';
import { registerUpdates } from './updates.ts';

/** Registers every handler; called before the first await, so that nothing that comes early is lost. */
export function registerHandlers(state: FunnelState, story: CancellationScope, key: Key): void {
  setHandler(defineQuery<Status>(statusQuery), () => statusOf(state), {
    description: 'Where the funnel stands, and what HR has to do now.',
  });
  setHandler(defineQuery<TimelineEntry[]>(timelineQuery), () => timelineOf(state), {
    description: 'What happened so far, for people.',
  });
  setHandler(defineSignal<[unknown]>(riskosEventSignal), (event) => onRiskosEvent(state, event), {
    description: 'A RiskOS webhook from the relay; triggers a reading.',
  });
  setHandler(defineSignal<[unknown]>(imagesSignal), (images) => onImages(state, images), {
    description: 'A result of a retention workflow.',
  });
  registerUpdates(state, story, key);
}
