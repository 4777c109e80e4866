import type { Random } from '../../hazards/random.ts';
import type { Plan } from '../plan.ts';
import type { Agenda } from '../server/agenda.ts';
import type { RiskosEvent } from './contract.ts';

/** RiskOS's deliveries through the relay: lost, doubled, late, out of order. */
export function createWebhooks(
  { rates }: Plan,
  { agenda, random, deliver }: { agenda: Agenda; random: Random; deliver: (event: RiskosEvent) => void },
): (event: Omit<RiskosEvent, 'eventId'>, prompt: boolean) => void {
  let events = 0;
  return (event, prompt) => {
    const eventId = `event-${++events}`;
    const lost = random.chance(rates.webhookLost);
    const copies = random.chance(rates.webhookDoubled) ? random.between(2, 3) : 1;
    for (let copy = 0; copy < copies; copy++) {
      const late = random.chance(rates.webhookLate);
      const delay =
        late && !prompt
          ? random.pick([2, 20, 200, 20_000]) * random.between(1, 1000)
          : random.between(1, 400);
      if (!lost || prompt) agenda.after(delay, () => deliver({ ...event, eventId }));
    }
  };
}
