import { describe, expect, it } from 'vitest';
import {
  attentionCause,
  funnelState,
  type FunnelState,
  policy,
  type Stage,
  stages,
  stateVersion,
} from '../../src/contract/index.ts';
import { restoreState } from '../../workflows/state.ts';
import { readStates } from '../replay/states.ts';
import { causes, positions, wholeState } from './support/states.ts';

const carry = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
const wholeAt = (stage: Stage): unknown => carry({ ...wholeState, position: positions[stage] });

/** What a funnel that has just begun carries, and not one field more than has to be there. */
const least = {
  version: 1,
  application: {
    applicationId: 'app-1042',
    candidate: { givenName: 'Robin' },
    useCase: 'passive',
    policy: {},
  },
  run: '0a1b2c3d',
  position: { stage: 'verified' },
};

const emptyState = {
  version: 1,
  application: {
    applicationId: 'app-1042',
    candidate: { givenName: 'Robin' },
    useCase: 'passive',
    custom: {},
    policy: policy.parse({}),
  },
  run: '0a1b2c3d',
  lineage: { unchecked: [], bases: [] },
  position: { stage: 'verified', request: null },
  attempts: {},
  trouble: null,
  settled: [],
  toCheck: [],
  verdicts: [],
  images: [],
  toArchive: [],
  baseline: null,
  timers: {},
  notices: {
    changes: [],
    verdicts: [],
    images: [],
    nextAction: '',
    escalation: null,
    wanted: null,
    unsent: [],
  },
  seenEvents: [],
  timeline: [],
  published: '',
  memo: { status: '', private: '' },
  recordedAt: 0,
} satisfies Record<keyof FunnelState, unknown>;

describe('a state of which only the least is there', () => {
  it('is completed', () => {
    expect(funnelState.parse(carry(least))).toStrictEqual(emptyState);
  });

  it.each(Object.keys(least))('cannot be read without %s', (field) => {
    const without = Object.fromEntries(Object.entries(least).filter(([name]) => name !== field));
    expect(funnelState.safeParse(without).success).toBe(false);
  });

  const id = { evaluationId: 'app-1042~0a1b2c3d~document_verification~1', number: 1 };
  const posting = { kind: 'posting', ...id };
  const reading = { kind: 'reading', ...id, known: [{ evalId: 'eval-1' }], deadline: { at: 5 } };
  const latest = { evaluationId: id.evaluationId, evalId: 'eval-1', state: 'completed' };
  const newAttempt = { notProcessed: 0, perhapsProcessed: 0, stop: null };
  const newPosting = { ...posting, ...newAttempt, evalIds: [], perhapsNewer: [] };
  const newReading = {
    ...reading,
    ...newAttempt,
    known: [{ evalId: 'eval-1', answered: false, misses: 0, readSinceDeadline: false }],
    reads: 0,
    failedReads: 0,
    codes: 0,
    deadline: { at: 5, reminderAt: null },
    overdue: false,
    latest: null,
  };
  const newLatest = {
    ...latest,
    failed: false,
    reasonCodes: [],
    advice: [],
    risk: false,
    failedSteps: [],
    technical: false,
    tags: [],
    reviewQueues: [],
  };
  const newVisit = {
    tries: 1,
    technical: 0,
    advice: [],
    givenUp: [],
    toRead: [],
    readingsAsked: 0,
    readingsDone: 0,
  };
  const checking = (stage: Stage, attempt: object) => ({ stage, attempt });

  /** At least one for each stage: what has to be there, and what it is completed to. */
  const leastPositions: Record<Stage, [object, object][]> = {
    passive_check: [
      [checking('passive_check', posting), { ...checking('passive_check', newPosting), ...newVisit }],
    ],
    document_verification: [
      [
        checking('document_verification', reading),
        { ...checking('document_verification', newReading), ...newVisit },
      ],
      [
        checking('document_verification', { ...reading, latest }),
        { ...checking('document_verification', { ...newReading, latest: newLatest }), ...newVisit },
      ],
    ],
    selfie_reverification: [
      [
        checking('selfie_reverification', {
          ...posting,
          stop: { kind: 'request_refused', problem: 'x', action: 'y' },
        }),
        {
          ...checking('selfie_reverification', {
            ...newPosting,
            stop: { kind: 'request_refused', problem: 'x', action: 'y', fields: [], smsPossible: false },
          }),
          ...newVisit,
        },
      ],
    ],
    payroll_setup: [
      [checking('payroll_setup', posting), { ...checking('payroll_setup', newPosting), ...newVisit }],
    ],
    awaiting_document_request: [
      [{ stage: 'awaiting_document_request' }, { stage: 'awaiting_document_request', request: null }],
    ],
    review: [
      [
        {
          stage: 'review',
          of: checking('document_verification', { ...reading, latest }),
          settled: { verdict: 'review', evalId: 'eval-1' },
          deadline: { at: 7 },
        },
        {
          stage: 'review',
          of: { ...checking('document_verification', { ...newReading, latest: newLatest }), ...newVisit },
          settled: { verdict: 'review', evalId: 'eval-1', decidedAt: null },
          deadline: { at: 7, reminderAt: null },
          request: null,
        },
      ],
    ],
    verified: [[{ stage: 'verified' }, { stage: 'verified', request: null }]],
    needs_attention: [
      [
        {
          stage: 'needs_attention',
          cause: { kind: 'riskos_late' },
          back: checking('passive_check', posting),
        },
        {
          stage: 'needs_attention',
          cause: { kind: 'riskos_late' },
          back: { ...checking('passive_check', newPosting), ...newVisit },
          request: null,
        },
      ],
    ],
    closed: [
      [
        { stage: 'closed', outcome: 'expired' },
        { stage: 'closed', outcome: 'expired' },
      ],
    ],
  };

  it.each(Object.values(leastPositions).flat())('is completed at %j', (position, completed) => {
    expect(funnelState.parse({ ...least, position })).toStrictEqual({ ...emptyState, position: completed });
  });

  it.each<[keyof FunnelState, unknown, unknown]>([
    ['lineage', { bases: ['run-0'] }, { unchecked: [], bases: ['run-0'] }],
    ['lineage', { unchecked: ['run-1'] }, { unchecked: ['run-1'], bases: [] }],
    [
      'settled',
      [{ evaluationId: 'e', evalIds: ['1'] }],
      [{ evaluationId: 'e', evalIds: ['1'], decisions: [] }],
    ],
    ['toCheck', [{ evaluationId: 'e', evalId: '1' }], [{ evaluationId: 'e', evalId: '1', failures: 0 }]],
    ['timers', { read: { times: [5] } }, { read: { times: [5], fired: 0 } }],
    ['notices', { changes: ['closed'] }, { ...emptyState.notices, changes: ['closed'] }],
    ['notices', { wanted: false }, { ...emptyState.notices, wanted: false }],
    [
      'toArchive',
      [{ stage: 'passive_check', ask: { applicationId: 'a', evaluationId: 'e', evalId: '1', lag: 5 } }],
      [
        {
          stage: 'passive_check',
          ask: {
            applicationId: 'a',
            evaluationId: 'e',
            evalId: '1',
            lag: 5,
            documentType: null,
            reasonCodes: [],
          },
        },
      ],
    ],
    [
      'application',
      { ...least.application, policy: { documents: { maxAttempts: 9 }, images: {} } },
      { ...emptyState.application, policy: policy.parse({ documents: { maxAttempts: 9 } }) },
    ],
  ])('is completed inside %s', (field, given, completed) => {
    expect(funnelState.parse({ ...least, [field]: given })).toStrictEqual({
      ...emptyState,
      [field]: completed,
    });
  });
});

/** A field of every name, so that a new field does not compile without a row. */
const fields: Record<keyof FunnelState, string> = {
  version: 'which releases can read it',
  application: 'who it is, and by which policy',
  run: 'which funnel of the application it is',
  lineage: 'where earlier POSTs are found',
  position: 'where it stands',
  attempts: 'the next evaluationId',
  trouble: 'why RiskOS cannot be asked',
  settled: 'what a later decision contradicts',
  toCheck: 'what may have changed',
  verdicts: 'what was decided',
  images: 'where images are',
  toArchive: 'whose images are wanted',
  baseline: 'what a selfie is compared with',
  timers: 'when it wakes',
  notices: 'what HR has to know',
  seenEvents: 'which events are doubles',
  timeline: 'what happened',
  published: 'what the search attributes are',
  memo: 'what the memo says',
  recordedAt: 'whether it may continue as new',
};

describe('continue-as-new', () => {
  const whole = Object.entries(wholeState);

  it.each(Object.entries(fields))('keeps %s: %s', (field) => {
    const value: unknown = whole.find(([name]) => name === field)?.[1];
    // The row would prove nothing if the field were as it is by default. There is only one version yet.
    const byDefault = Object.entries({ ...emptyState, version: 0 });
    expect(value).not.toEqual(byDefault.find(([name]) => name === field)?.[1]);
    expect(funnelState.parse(carry({ ...emptyState, [field]: value }))).toStrictEqual(
      carry({ ...emptyState, [field]: value }),
    );
  });

  it.each(stages)('keeps everything at %s', (stage) => {
    const state = wholeAt(stage);
    expect(funnelState.parse(state)).toStrictEqual(state);
    expect(funnelState.parse(carry(funnelState.parse(state)))).toStrictEqual(state);
  });

  it.each(Object.values(causes))('keeps why a person is asked: $kind', (cause) => {
    expect(attentionCause.parse(carry(cause))).toStrictEqual(cause);
    const { position } = funnelState.parse(
      carry({ ...wholeState, position: { ...positions.needs_attention, cause } }),
    );
    expect(position).toStrictEqual({ ...positions.needs_attention, cause });
  });

  it('begins the run that reads it anew: nothing of it is in its history yet', () => {
    expect(restoreState(wholeAt('verified'))).toStrictEqual({
      ...Object.fromEntries(Object.entries(Object(wholeAt('verified')))),
      recordedAt: 0,
    });
  });
});

type Path = (string | number)[];

/** Every object in a value, and the way to it. */
function objectsIn(value: unknown, path: Path = []): Path[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => objectsIn(item, [...path, index]));
  if (typeof value !== 'object' || value === null) return [];
  return [path, ...Object.entries(value).flatMap(([name, inner]) => objectsIn(inner, [...path, name]))];
}

function withField(root: unknown, path: Path, name: string, value: unknown): unknown {
  const copy = carry(root);
  let owner: unknown = copy;
  for (const key of path) owner = Reflect.get(Object(owner), key);
  Reflect.set(Object(owner), name, value);
  return copy;
}

/** Dictionaries, whose keys are data: a newer release has no fields there. */
const dictionaries = [
  'application.custom',
  'application.policy.verdicts',
  'application.policy.documents.rules',
  'application.policy.reverification.rules',
  'application.policy.documents.redirect.headers',
  'attempts',
  'timers',
];

describe('what a newer release wrote beside it', () => {
  const isBaseline = (path: Path) => ['baseline', 'reviewedReference'].includes(String(path.at(-1)));
  const lostAt = (stage: Stage, places: (path: Path) => boolean): string[] => {
    const state = wholeAt(stage);
    const looked = objectsIn(state).filter((path) => !dictionaries.includes(path.join('.')) && places(path));
    expect(looked.length).toBeGreaterThan(1);
    return looked
      .filter((path) => {
        const newer = withField(state, path, 'newer', { deep: [{ er: 1 }] });
        const parsed = funnelState.safeParse(newer);
        return !parsed.success || JSON.stringify(sorted(parsed.data)) !== JSON.stringify(sorted(newer));
      })
      .map((path) => path.join('.'));
  };

  it.each(stages)('is kept at every depth, at %s', (stage) => {
    expect(lostAt(stage, (path) => !isBaseline(path))).toEqual([]);
  });

  it.each(stages)('is kept in a baseline, at %s', (stage) => {
    expect(lostAt(stage, isBaseline)).toEqual([]);
  });
});

/** The same with its fields in the order of their names. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(entries.map(([name, inner]) => [name, sorted(inner)]));
}

describe('a state that cannot be read', () => {
  const messageOf = (carried: unknown): string => {
    try {
      restoreState(carried);
      return 'it was read';
    } catch (error) {
      return error instanceof Error ? `${error.name}: ${error.message}` : 'no error';
    }
  };

  it('of a newer version says so, and what to do', () => {
    expect(messageOf({ ...least, version: stateVersion + 1 })).toBe(
      `StateError: a newer release wrote the state of this funnel (version ${stateVersion + 1}, this release reads ${stateVersion}); run the newer worker again`,
    );
    // Whatever else it has: the version is what a rollback has to say.
    expect(messageOf({ version: 99 })).toContain('a newer release wrote the state');
  });

  it.each<[string, unknown, string]>([
    [
      'without a version',
      { ...least, version: undefined },
      'StateError: the state of this funnel cannot be read',
    ],
    ['of version 0', { ...least, version: 0 }, 'StateError: the state of this funnel cannot be read'],
    [
      'whose version is a word',
      { ...least, version: '2' },
      'StateError: the state of this funnel cannot be read',
    ],
    ['that is text', 'state', 'StateError: the state of this funnel cannot be read'],
    ['that is null', null, 'StateError: the state of this funnel cannot be read'],
    ['with a stage that is none', { ...least, position: { stage: 'limbo' } }, 'position'],
    ['with a damaged timer', { ...least, timers: { read: { times: 'soon' } } }, 'timers'],
    [
      'with a wrong policy',
      { ...least, application: { ...least.application, policy: { documents: 7 } } },
      'documents',
    ],
    ['with a negative count', { ...least, recordedAt: -1 }, 'recordedAt'],
    [
      'without a candidate',
      { ...least, application: { ...least.application, candidate: null } },
      'candidate',
    ],
    [
      'whose candidate is text',
      { ...least, application: { ...least.application, candidate: 'Robin' } },
      'candidate',
    ],
  ])('%s is refused by name', (_what, carried, reason) => {
    expect(messageOf(carried)).toMatch(/^StateError: the state of this funnel cannot be read: /);
    expect(messageOf(carried)).toContain(reason);
  });

  it('is described without what is in it', () => {
    const damaged = withField(wholeAt('needs_attention'), ['position', 'back'], 'attempt', 'Robin');
    expect(messageOf(damaged)).toContain('cannot be read');
    expect(messageOf(damaged)).not.toMatch(/Robin|Quill|555|Harbour|1990/);
  });
});

describe('a state that a released version wrote', () => {
  const recorded = readStates();

  it.each(recorded)('$file is read by today, and loses nothing', ({ state }) => {
    const parsed = restoreState(state);
    expect(parsed).toMatchObject({ ...state, recordedAt: 0 });
  });

  it('is recorded of every version, in more than one stage', () => {
    for (let version = 1; version <= stateVersion; version += 1) {
      const found = recorded.filter(({ state }) => state.version === version);
      expect(new Set(found.map(({ state }) => state.position.stage)).size).toBeGreaterThan(1);
    }
  });
});
