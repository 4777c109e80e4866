export { FunnelError } from './errors.ts';
export { type Ending, endings } from './execution.ts';
export { createFunnelClient, type FunnelClient, type FunnelFilter, type FunnelSummary } from './funnels.ts';
export type { Funnel } from './funnel.ts';
export type { EvaluationImages, RetentionStatus } from './images.ts';
export type { FunnelStatus, UnreadableAction } from './published.ts';
export { remoteCodec, RemoteCodecError, type RemoteCodecOptions } from './remote-codec.ts';
export { temporalClient } from './temporal.ts';
export type {
  Application,
  ApplicationInput,
  ImagesStatus,
  NextAction,
  Outcome,
  Policy,
  Stage,
  Status,
  TimelineEntry,
  UpdateInput,
  UpdateName,
  Verdict,
  VerdictSummary,
} from '../contract/index.ts';
