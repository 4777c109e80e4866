import { describe, expect, test } from 'vitest';
import { type FunnelByHand, openByHand } from './by-hand.ts';
import { positionTables } from './carried/position-rows.ts';
import { applicationId, at, type Row, type Table } from './carried/row.ts';
import { stateTables } from './carried/state-rows.ts';
import { sandbox } from './shared-sandbox.ts';

/** What a run is given, and passes on at once to the next one, which is returned. */
function secondRun(carried: unknown, neverWaits: boolean): FunnelByHand {
  const funnel = openByHand(sandbox, { applicationId, carried }, { at, suggested: true });
  if (neverWaits) return funnel;
  funnel.continue();
  return funnel;
}

/** The value at a path of JSON, with the value there. */
function withValue(json: unknown, path: string[], value: unknown): unknown {
  const [name, ...rest] = path;
  if (name === undefined) return value;
  if (Array.isArray(json))
    return json.map((one: unknown, index) => (String(index) === name ? withValue(one, rest, value) : one));
  const fields = new Map(Object.entries(typeof json === 'object' && json !== null ? json : {}));
  return Object.fromEntries(fields.set(name, withValue(fields.get(name), rest, value)));
}

interface Case extends Row {
  field: string;
  path: string[];
  state: object;
}

function casesOf({ at: where, base, rows }: Table): Case[] {
  return Object.entries(rows).flatMap(([name, row]) => {
    const path = [...where.split('.'), name].filter(Boolean);
    return (Array.isArray(row) ? row : [row]).flatMap((one) =>
      'why' in one ? [] : [{ ...one, field: path.join('.'), path, state: { ...base, ...one.base } }],
    );
  });
}

describe('what a run passes on, the next one goes by', () => {
  test.each([...stateTables, ...positionTables].flatMap(casesOf))(
    '$field',
    ({ state, path, value, see, expected, neverWaits = false }) => {
      expect(see(secondRun(withValue(state, path, value), neverWaits))).toEqual(expected);
      // Otherwise the value would not be what is seen.
      expect(seen(see, secondRunOrFirst(state))).not.toEqual(expected);
    },
  );
});

function secondRunOrFirst(carried: unknown): FunnelByHand {
  const funnel = openByHand(sandbox, { applicationId, carried }, { at, suggested: true });
  if (funnel.hasContinued()) funnel.continue();
  return funnel;
}

/** Without the value there may be nothing to act on. */
function seen(see: Row['see'], funnel: FunnelByHand): unknown {
  try {
    return see(funnel);
  } catch (error) {
    return error;
  }
}
