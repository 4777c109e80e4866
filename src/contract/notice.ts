import type { ImagesChanged } from './images.ts';
import type { Status } from './status.ts';

/** What can be new in a {@link FunnelChanged}. */
export const changes = [
  /** HR has something else to do. */
  'next_action',
  /** An evaluation was settled. */
  'verdict',
  /** RiskOS says something else now of an evaluation that was settled; the verdict stays. */
  'conflict',
  /** A deadline comes near, or has passed. */
  'escalation',
  /** RiskOS refuses, or keeps failing: a person has to look. */
  'attention',
  /** The archiving of the images of an evaluation could not be started. Their results come as {@link ImagesChanged}. */
  'images',
  'closed',
] as const;
export type Change = (typeof changes)[number];

/** What `NOTIFY_URL` receives: the body of a webhook as Standard Webhooks defines it. No PII but the link in `nextAction`. */
export type NoticeBody = { /** ISO 8601. */ timestamp: string } & (FunnelChanged | ImagesChanged);

/**
 * A notice to be sent. `id` is not in the body: it begins the header `webhook-id`, which is the same each time the notice is sent
 * again, and never that of other content.
 */
export type Notice = { id: string } & NoticeBody;

/** The status of a funnel when something changed that HR must act on or know. */
export interface FunnelChanged {
  type: 'funnel.changed';
  /** The status at that time, but of verdicts and images only what is new. */
  data: { changes: Change[] } & Omit<Status, 'trouble'>;
}

/** The body that `candidate-funnel notices test` sends: a receiver checks the signature, answers 2xx and does nothing. */
export interface TestNotice {
  /** ISO 8601. */
  timestamp: string;
  type: 'notice.test';
  data: Record<string, never>;
}
