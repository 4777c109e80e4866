export { FunnelError } from './errors.ts';
export { type Ending, endings } from './execution.ts';
export { createFunnelClient, type FunnelClient } from './funnels.ts';
export type { FindForgotten, Funnel } from './funnel.ts';
export type { EvaluationImages, RetentionStatus } from './images.ts';
export type { FunnelFilter, FunnelSummary } from './list.ts';
export type { FunnelStatus, UnreadableAction } from './published.ts';
export { remoteCodec, RemoteCodecError, type RemoteCodecOptions, remoteTombstones } from './remote-codec.ts';
export {
  type RetryableReason,
  retryableReasons,
  type RetryAllOptions,
  type RetryResult,
} from './retry-all.ts';
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
