import type { Identity } from './authenticate.ts';
import type { Fate } from './decode.ts';

/** Each request that was answered has one: who had what decoded or encoded, or asked whose tombstone. No values. */
export interface AuditLine {
  audit: 'decode' | 'encode' | 'tombstone';
  who: string;
  readerEmail?: string;
  role: string;
  /** `null` where the sender does not say: Temporal's CLI does not. */
  namespace: string | null;
  /** The ids of what was decoded, encoded or asked about; every id is in one of the `parts` lines of a request. */
  workflows: string[];
  part: number;
  parts: number;
  /** Of the whole request, as is all that follows. */
  workflowCount: number;
  /** Payloads that were decoded or encoded. */
  count: number;
  /** Payloads that came back as they were, because they are not encrypted. */
  clear: number;
  /** Payloads that came back as a marker, by its word, and the first of the workflows that they claim to be of. */
  refused: number;
  reasons: Record<string, number>;
  refusedWorkflows: string[];
}

/** Ids in one line, which keep it below 16 KiB: container runtimes cut longer ones. */
const most = 50;
const mostRefused = 20;
/** What of a claimed id is shown: it can be anything. */
const showable = /^[\w.:~-]{1,200}$/;

/** As many lines as it takes to name each workflow that was decoded; at least one. */
export function auditOfDecode(
  { who, email, role }: Identity,
  namespace: string | undefined,
  fates: readonly Fate[],
): AuditLine[] {
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
  const ids = [...idsOf('decoded')];
  const parts = Math.max(1, Math.ceil(ids.length / most));
  return Array.from({ length: parts }, (_, nth) => ({
    audit: 'decode',
    who,
    ...(email === undefined ? {} : { readerEmail: email }),
    role,
    namespace: namespace ?? null,
    workflows: ids.slice(nth * most, (nth + 1) * most),
    part: nth + 1,
    parts,
    workflowCount: ids.length,
    count,
    clear,
    refused: fates.length - count - clear,
    reasons,
    refusedWorkflows: [...idsOf('refused')].slice(0, mostRefused),
  }));
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
    part: 1,
    parts: 1,
    workflowCount: 1,
    count,
    clear: 0,
    refused: 0,
    reasons: {},
    refusedWorkflows: [],
  };
}
