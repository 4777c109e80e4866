import type { RawValue } from '@temporalio/common';
import { z } from 'zod';
import { attentionReasons } from './attention.ts';
import { clearPayload, statusPayload } from './clear-payload.ts';
import { type ImagesRecord, imagesRecord, type ImagesStatus, imagesStatus } from './images.ts';
import {
  type Attention,
  escalations,
  nextActionKinds,
  type NextAction,
  type Status,
  troubleReasons,
  waitingForWords,
} from './status.ts';
import { evaluatedStages, flags, outcomes, stages, verdicts } from './words.ts';

/** What a workflow publishes in its memo. `status` is in clear; `private` goes through the payload codec. */
export const memoFields = { status: 'status', private: 'private' } as const;

/** A memo with both fields. */
export function memoOf(fields: { status: unknown; private: unknown }): Record<string, RawValue> {
  return {
    [memoFields.status]: clearPayload(fields.status),
    [memoFields.private]: statusPayload(fields.private),
  };
}

/** The stage of a funnel that has been started, but that no worker has begun yet. */
export const starting = 'starting';

/** Verdicts that the memo keeps; the query `timeline` and the result have all. */
const publishedVerdicts = 5;

const verdict = z.object({
  stage: z.enum(evaluatedStages),
  attempt: z.int(),
  verdict: z.enum(verdicts),
  flags: z.array(z.enum(flags)),
  evaluationId: z.string(),
  evalId: z.string(),
  at: z.string(),
});

/** The memo field `status`: words, counts and times that everyone who may list workflows may see. Times are ISO 8601. */
export const publishedStatus = z.object({
  applicationId: z.string(),
  stage: z.enum([starting, ...stages]),
  attempt: z.int(),
  waitingFor: z.enum(waitingForWords),
  deadline: z.string().nullable(),
  escalation: z.enum(escalations).nullable(),
  nextAction: z.object({ kind: z.enum(nextActionKinds) }),
  verdicts: z.array(verdict),
  images: z.array(imagesRecord),
  baseline: z.boolean(),
  outcome: z.enum(outcomes).nullable(),
  attention: z.object({ kind: z.enum(attentionReasons) }).nullable(),
  trouble: z.object({ reason: z.enum(troubleReasons), since: z.string() }).nullable(),
});
export type PublishedStatus = z.output<typeof publishedStatus>;

/** The memo field `private`: the rest of the status. */
export interface PrivateStatus {
  nextAction: NextAction;
  /** One entry for each verdict of the clear field, in the same order. */
  verdicts: { evaluationId: string; reasonCodes: string[]; rule?: string }[];
  attention: Omit<Attention, 'kind'> | null;
  /** Results of images that the clear field shows as `none`, because they reveal something about the candidate. */
  images: Pick<ImagesRecord, 'evaluationId' | 'result'>[];
  /** The problem behind `trouble`. */
  problem: string | null;
}

export const privateStatus: z.ZodType<PrivateStatus> = z.object({
  nextAction: z.custom<NextAction>(isNextAction),
  verdicts: z.array(
    z.object({
      evaluationId: z.string(),
      reasonCodes: z.array(z.string()),
      rule: z.string().exactOptional(),
    }),
  ),
  attention: z.object({ reason: z.string(), fields: z.array(z.string()) }).nullable(),
  images: z.array(imagesRecord.pick({ evaluationId: true, result: true })).default([]),
  problem: z.string().nullable(),
});

function isNextAction(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    'kind' in value &&
    nextActionKinds.some((kind) => kind === value.kind)
  );
}

/** Not everyone who may list workflows may see that a candidate is a minor or a soldier. */
function clearResult(result: ImagesRecord['result']): ImagesRecord['result'] {
  return result === 'minor' || result === 'military' ? 'none' : result;
}

/** Both memo fields of a status. */
export function publishedFields(status: Status): { status: PublishedStatus; private: PrivateStatus } {
  const { nextAction, attention, trouble } = status;
  const { applicationId, stage, attempt, waitingFor, deadline, escalation, images, baseline, outcome } =
    status;
  const latest = status.verdicts.slice(-publishedVerdicts);
  return {
    status: {
      applicationId,
      stage,
      attempt,
      waitingFor,
      deadline,
      escalation,
      nextAction: { kind: nextAction.kind },
      verdicts: latest.map(({ reasonCodes: _codes, rule: _rule, audit: _audit, ...words }) => words),
      images: images.map((record) => ({ ...record, result: clearResult(record.result) })),
      baseline,
      outcome,
      attention: attention && { kind: attention.kind },
      trouble: trouble && { reason: trouble.reason, since: trouble.since },
    },
    private: {
      nextAction,
      verdicts: latest.map(({ evaluationId, reasonCodes, rule }) => ({
        evaluationId,
        reasonCodes,
        ...(rule === undefined ? {} : { rule }),
      })),
      attention: attention && { reason: attention.reason, fields: attention.fields },
      images: images
        .filter(({ result }) => result !== clearResult(result))
        .map(({ evaluationId, result }) => ({ evaluationId, result })),
      problem: trouble?.problem ?? null,
    },
  };
}

/** The status of a funnel that no worker has begun; no memo contains it. */
export function startingStatus(applicationId: string): PublishedStatus {
  return { ...firstFields(applicationId, false).status, stage: starting, attempt: 0, waitingFor: 'nothing' };
}

/**
 * The memo with which our client starts a funnel, so that the workflow need not publish its first status. `verified`: the
 * application has a baseline.
 */
export function firstFields(
  applicationId: string,
  verified: boolean,
): { status: PublishedStatus; private: PrivateStatus } {
  const nextAction = { kind: verified ? 'none' : 'wait' } as const;
  return publishedFields({
    applicationId,
    stage: verified ? 'verified' : 'passive_check',
    attempt: verified ? 0 : 1,
    waitingFor: verified ? 'nothing' : 'riskos',
    deadline: null,
    escalation: null,
    nextAction,
    verdicts: [],
    images: [],
    baseline: verified,
    outcome: null,
    attention: null,
    trouble: null,
  });
}

/** Both memo fields of a retention workflow: who placed a hold, and why, is private. */
export function publishedImages({ hold, ...status }: ImagesStatus): {
  status: PublishedImages;
  private: PrivateImages;
} {
  return {
    status: { ...status, result: clearResult(status.result), hold: hold && { since: hold.since } },
    private: { result: status.result, hold: hold && { by: hold.by, reason: hold.reason } },
  };
}

/** The memo field `status` of a retention workflow. */
export type PublishedImages = Omit<ImagesStatus, 'hold'> & { hold: { since: string } | null };

/** The memo field `private` of a retention workflow. */
export interface PrivateImages {
  /** The exact result, which the clear field may show as `none`. */
  result: ImagesRecord['result'];
  hold: { by: string; reason: string } | null;
}

const hiddenPart = z.object({
  result: imagesRecord.shape.result.optional(),
  hold: z.object({ by: z.string(), reason: z.string() }).nullable(),
});

/** The status in both memo fields; `undefined` without a readable clear field. The name behind a hold may be unreadable here. */
export function imagesOfMemo(status: unknown, hidden: unknown): ImagesStatus | undefined {
  const clear = z.looseObject({ hold: z.object({ since: z.string() }).nullable() }).safeParse(status);
  if (!clear.success) return undefined;
  const known = hiddenPart.safeParse(hidden).data;
  const who = known?.hold ?? { by: 'unreadable', reason: 'unreadable' };
  const { hold } = clear.data;
  const result = known?.result === undefined ? {} : { result: known.result };
  return imagesStatus.safeParse({ ...clear.data, ...result, hold: hold && { ...hold, ...who } }).data;
}
