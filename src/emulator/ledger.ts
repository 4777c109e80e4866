/** What happened, exactly: the tests' source of truth for "not twice". No PII, times in ISO 8601. */
export interface Ledger {
  evaluations: {
    id: string;
    eval_id: string;
    event_type: string;
    individual_id: string | null;
    scenario: string;
    at: string;
  }[];
  /** `link`: a capture link; `code`: a one-time code. */
  sms: { id: string; eval_id: string; what: 'link' | 'code'; at: string }[];
  webhooks: {
    event_id: string;
    event_type: string;
    id: string;
    eval_id: string | null;
    /** 1 for the first; 0 for one that was never sent. */
    attempt: number;
    /** The HTTP status, or why there is none. */
    status: number | 'dropped' | 'no_connection' | 'timeout' | 'no_token';
    at: string;
  }[];
  documents: { id: string; eval_id: string; status: number; files: number; at: string }[];
  patches: { id: string; eval_id: string; status: number; at: string }[];
}

export function emptyLedger(): Ledger {
  return { evaluations: [], sms: [], webhooks: [], documents: [], patches: [] };
}
