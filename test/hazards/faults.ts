import type { Scenario as Plays } from '../../src/emulator/index.ts';
import type { Random } from './random.ts';

type Play = NonNullable<Plays['documents']>[number];
type Fault = NonNullable<Play['faults']>[number];

/** One kind of trouble, under the name that the counts use. */
interface Trouble {
  name: string;
  /** How likely one play has it. */
  chance: number;
  faults: (random: Random) => Fault[];
}

const atAnyCall = ['create', 'read', 'documents'] as const;

/** Each strikes one play a few times at most: RiskOS mends itself, as it must for a verdict. */
const troubles: readonly Trouble[] = [
  {
    name: '429',
    chance: 0.12,
    faults: (random) => [
      {
        at: random.pick(atAnyCall),
        kind: 'answer',
        status: 429,
        headers: { [random.pick(['Retry-After', 'X-Retry-After'])]: '1' },
        times: random.between(1, 2),
      },
    ],
  },
  {
    name: '500 before',
    chance: 0.12,
    faults: (random) => [
      { at: random.pick(atAnyCall), kind: 'answer', status: 500, times: random.between(1, 2) },
    ],
  },
  {
    name: '500 after',
    chance: 0.06,
    faults: () => [{ at: 'create', kind: 'answer', when: 'after', status: 500, times: 1 }],
  },
  {
    name: 'cut before',
    chance: 0.08,
    faults: (random) => [{ at: random.pick(atAnyCall), kind: 'cut', times: 1 }],
  },
  {
    name: 'cut after',
    chance: 0.06,
    faults: () => [{ at: 'create', kind: 'cut', when: 'after', times: 1 }],
  },
  {
    name: 'latency',
    chance: 0.15,
    faults: (random) => [
      {
        at: random.pick(atAnyCall),
        kind: 'latency',
        when: random.pick(['before', 'after']),
        ms: random.between(100, 1500),
        times: 2,
      },
    ],
  },
  { name: 'early', chance: 0.1, faults: () => [{ at: 'create', kind: 'early', times: 1 }] },
  {
    name: 'dropped',
    chance: 0.2,
    faults: (random) => [{ at: 'webhook', kind: 'drop', chance: random.pick([0.3, 0.6, 1]) }],
  },
  { name: 'doubled', chance: 0.25, faults: () => [{ at: 'webhook', kind: 'double' }] },
  {
    name: 'delayed',
    chance: 0.15,
    faults: (random) => [{ at: 'webhook', kind: 'delay', ms: random.between(200, 3000) }],
  },
  {
    name: 'shuffled',
    chance: 0.25,
    faults: (random) => [{ at: 'webhook', kind: 'shuffle', ms: random.between(200, 2000) }],
  },
  {
    name: 'contradicted',
    chance: 0.2,
    faults: (random) => [
      {
        at: 'webhook',
        kind: 'contradict',
        event: 'evaluation_completed',
        change: { decision: random.pick(['ACCEPT', 'REJECT', 'RESUBMIT']) },
      },
    ],
  },
];

/** The plays with the troubles that the seed gives them, and each trouble's name once for each play that has it. */
export function troubled(plays: Plays, random: Random): { plays: Plays; names: string[] } {
  const names: string[] = [];
  const burden = (list: Plays['documents']) =>
    (list ?? [{}]).map((play) => {
      const added = troubles.flatMap(({ name, chance, faults }) => {
        if (!random.chance(chance)) return [];
        names.push(name);
        return faults(random);
      });
      return { ...play, faults: [...(play.faults ?? []), ...added] };
    });
  const { passive, documents, selfie, ...rest } = plays;
  return {
    plays: { ...rest, passive: burden(passive), documents: burden(documents), selfie: burden(selfie) },
    names,
  };
}
