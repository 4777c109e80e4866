import type { Evidence } from './evidence.ts';
import type { Post } from './history.ts';

/** One evaluation that was created more than once for the same evaluationId. */
export interface Double {
  evaluationId: string;
  /** How many there are. */
  created: number;
  /** How many SMS went out. */
  sms: number;
  /** Why RiskOS left no other way; `undefined`: it did, so that the funnel is to blame. */
  declared: string | undefined;
  why: string;
}

/**
 * A double is declared when no POST before the last one got an answer, and no event named one of its evaluations before
 * the POST was sent again. Everything else is the funnel's fault.
 */
export function doublesOf({ ledger }: Evidence, posts: Post[]): Double[] {
  const ids = [...new Set(ledger.evaluations.map(({ id }) => id))];
  return ids.flatMap((evaluationId) => {
    const created = ledger.evaluations.filter(({ id }) => id === evaluationId);
    if (created.length < 2) return [];
    const sms = ledger.sms.filter(({ id }) => id === evaluationId).length;
    const sent = posts.filter((post) => post.evaluationId === evaluationId);
    const blame = blameOf(
      sent,
      ledger.webhooks.filter(({ id }) => id === evaluationId),
    );
    const why = blame ?? 'no answer, and no event before the next POST';
    return [
      { evaluationId, created: created.length, sms, declared: blame === undefined ? why : undefined, why },
    ];
  });
}

/** Between Temporal's taking the signal and the funnel's next step lies a moment. */
const moment = 100;

function blameOf(sent: Post[], webhooks: Evidence['ledger']['webhooks']): string | undefined {
  for (const [nth, post] of sent.entries()) {
    const next = sent[nth + 1];
    if (!next) break;
    if (post.end === 'answered') return `POST ${nth + 1} was answered, and sent again`;
    const told = webhooks.find(
      ({ status, at }) => status === 200 && Date.parse(at) < next.scheduledAt - moment,
    );
    if (told) return `POST ${nth + 2} was sent although ${told.event_type} had named the evaluation`;
  }
  if (sent.length < 2) return 'one POST made several evaluations';
  return undefined;
}
