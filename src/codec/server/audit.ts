import type { Identity } from './authenticate.ts';
import type { Fate } from './decode.ts';

/** One line for each request that was answered: who had what decoded or encoded, or asked whose tombstone. No values. */
export interface AuditLine {
  audit: 'decode' | 'encode' | 'tombstone';
  who: string;
  readerEmail?: string;
  role: string;
  /** `null` where the sender does not say: Temporal's CLI does not. */
  namespace: string | null;
  /** The ids of what was decoded, encoded or asked about; the first ones, where there are many. */
  workflows: string[];
  workflowCount: number;
  /** Payloads that were decoded or encoded. */
  count: number;
  /** Payloads that came back as they were, because they are not encrypted. */
  clear: number;
  /** Payloads that came back as a marker, by its word, and the workflows that they claim to be of. */
  refused: number;
  reasons: Record<string, number>;
  refusedWorkflows: string[];
}

/** Ids in one line. */
const most = 20;
/** What of a claimed id is shown: it can be anything. */
const showable = /^[\w.:~-]{1,200}$/;

export function auditOfDecode(
  { who, email, role }: Identity,
  namespace: string | undefined,
  fates: readonly Fate[],
): AuditLine {
  const idsOf = (wanted: 'decoded' | 'refused') =>
    new Set(
      fates.flatMap((fate) =>
        'workflowId' in fate && (fate.result === 'decoded') === (wanted === 'decoded')
          ? [showable.test(fate.workflowId) ? fate.workflowId : '(odd)']
          : [],
      ),
    );
  const count = fates.filter(({ result }) => result === 'decoded').length;
  const clear = fates.filter(({ result }) => result === 'clear').length;
  const reasons: Record<string, number> = {};
  for (const { result } of fates) {
    if (result !== 'decoded' && result !== 'clear') reasons[result] = (reasons[result] ?? 0) + 1;
  }
  const ids = idsOf('decoded');
  return {
    audit: 'decode',
    who,
    ...(email === undefined ? {} : { readerEmail: email }),
    role,
    namespace: namespace ?? null,
    workflows: [...ids].slice(0, most),
    workflowCount: ids.size,
    count,
    clear,
    refused: fates.length - count - clear,
    reasons,
    refusedWorkflows: [...idsOf('refused')].slice(0, most),
  };
}

/** Of a request that names the workflow; `count` payloads were encoded for it. */
export function auditOfOne(
  audit: 'encode' | 'tombstone',
  { who, email, role }: Identity,
  namespace: string | undefined,
  { workflowId, count }: { workflowId: string; count: number },
): AuditLine {
  return {
    audit,
    who,
    ...(email === undefined ? {} : { readerEmail: email }),
    role,
    namespace: namespace ?? null,
    workflows: [workflowId],
    workflowCount: 1,
    count,
    clear: 0,
    refused: 0,
    reasons: {},
    refusedWorkflows: [],
  };
}
