import {
  inWords,
  type NextAction,
  privateStatus,
  type PublishedStatus,
  publishedStatus,
  type Stage,
  type starting,
  startingStatus,
  type Status,
  troubleInWords,
  type VerdictSummary,
} from '../contract/index.ts';
import { FunnelError } from './errors.ts';
import type { Ending } from './execution.ts';
import type { Memo } from './memo.ts';

/** An action whose details cannot be decoded here: the process lacks the payload codec, or its key. */
export interface UnreadableAction {
  kind: 'unreadable';
  hidden: NextAction['kind'];
}

/** The status as the funnel has published it, with its last five verdicts, and whether somebody else has ended its workflow. */
export type FunnelStatus = Omit<Status, 'stage' | 'nextAction' | 'verdicts'> & {
  /** `starting`: no worker has begun the workflow. */
  stage: Stage | typeof starting;
  nextAction: NextAction | UnreadableAction;
  verdicts: VerdictSummary[];
  /** Present only if the private part cannot be decoded here: reason codes, links and texts are missing. */
  unreadable?: true;
  /**
   * Present only if the workflow was terminated, cancelled, timed out or failed in Temporal before the funnel closed: stage,
   * attempt and verdicts are the last ones, and nothing is waited for any more.
   */
  ended?: { how: Ending; /** ISO 8601. */ at: string | null };
};

/** The status that a memo holds. */
export function statusOfMemo(applicationId: string, memo: Memo, begun: boolean): FunnelStatus {
  if (!begun) return joined(startingStatus(applicationId), undefined);
  const published = publishedStatus.safeParse(memo.status);
  if (published.success) return joined(published.data, memo.private);
  const message = `${applicationId}: a newer release wrote the status of this funnel; update this client`;
  throw new FunnelError('UnreadableStatus', message);
}

function joined(status: PublishedStatus, hidden: unknown): FunnelStatus {
  const { attention, trouble, nextAction, verdicts, images, ...words } = status;
  const parsed = privateStatus.safeParse(hidden);
  const more = parsed.success ? parsed.data : undefined;
  const reason = attention ? inWords(attention.kind) : '';
  const isWhole = more !== undefined || (status.stage === 'starting' && hidden === undefined);
  return {
    ...words,
    nextAction: more?.nextAction ?? withoutDetails(nextAction.kind, reason),
    verdicts: verdicts.map((verdict, at) => ({ ...verdict, reasonCodes: [], ...more?.verdicts[at] })),
    images: images.map((record) => ({
      ...record,
      ...more?.images.find(({ evaluationId }) => evaluationId === record.evaluationId),
    })),
    attention: attention && { ...(more?.attention ?? { reason, fields: [] }), kind: attention.kind },
    trouble: trouble && { ...trouble, problem: more?.problem ?? troubleInWords[trouble.reason] },
    ...(isWhole ? {} : { unreadable: true }),
  };
}

function withoutDetails(kind: NextAction['kind'], reason: string): NextAction | UnreadableAction {
  switch (kind) {
    case 'review':
    case 'request_documents':
    case 'wait':
    case 'none':
      return { kind };
    case 'needs_attention':
      return { kind, reason };
    case 'show_capture_link':
    case 'enter_one_time_code':
    case 'provide_information':
    case 'open_hosted_flow':
      return { kind: 'unreadable', hidden: kind };
  }
}
