import { readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import type { Plan } from './plan.ts';
import { hazardApplication } from './scenarios.ts';

const state = z.object({
  faultCounts: z.array(z.tuple([z.string(), z.number()])),
  outbox: z.array(z.unknown()),
  ledger: z.object({
    evaluations: z.array(z.looseObject({ id: z.string(), eval_id: z.string(), at: z.string() })),
    sms: z.array(z.looseObject({ id: z.string(), eval_id: z.string(), at: z.string() })),
    webhooks: z.array(
      z.looseObject({
        id: z.string(),
        eval_id: z.string().nullable(),
        event_type: z.string(),
        status: z.union([z.number(), z.string()]),
        at: z.string(),
      }),
    ),
  }),
});

/** What really happened, as the emulator kept it through all kills. */
export type Evidence = z.output<typeof state>;

export async function evidenceOf(stateFile: string): Promise<Evidence> {
  return state.parse(JSON.parse(await readFile(stateFile, 'utf8')));
}

/** Waits until no webhook is on its way any more, so that nothing comes after the last look; for a while at most. */
export async function untilQuiet(stateFile: string, patience: number): Promise<void> {
  const end = Date.now() + patience;
  while (Date.now() < end) {
    const { outbox } = await evidenceOf(stateFile);
    if (outbox.length === 0) return;
    await wait(100);
  }
}

/** How often each kind of fault has struck. */
export function faultsThatStruck({ faultCounts }: Evidence, { funnels, seed }: Plan): Map<string, number> {
  const struck = new Map<string, number>();
  for (const [key, count] of faultCounts) {
    const found = /^\d+ own (\d+) (\[.*\]) (\d+)$/.exec(key);
    if (!found) continue;
    const [person, useCase] = z.tuple([z.string(), useCases]).parse(JSON.parse(found[2] ?? ''));
    const funnel = funnels.find(
      ({ scenario }) => hazardApplication(scenario, suffixOf(seed)).applicationId === person,
    );
    const plays = funnel?.plays[useCase] ?? [];
    const fault = plays[Math.min(Number(found[3]), plays.length) - 1]?.faults?.[Number(found[1])];
    if (!fault) continue;
    const times = Math.min(count - (fault.skip ?? 0), fault.times ?? Infinity);
    const name = 'when' in fault && fault.when === 'after' ? `${fault.kind} after` : fault.kind;
    const told = fault.kind === 'answer' ? name.replace('answer', String(fault.status)) : name;
    if (times > 0) struck.set(told, (struck.get(told) ?? 0) + times);
  }
  return struck;
}

const useCases = z.enum(['passive', 'documents', 'selfie']);

/** The same in every run of a seed, because the emulator draws its faults from the person's id. */
export function suffixOf(seed: number): string {
  return `seed${seed}`;
}
