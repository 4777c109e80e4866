import type { Evaluation } from './evaluation.ts';
import { chanceOf, type Faults, type Target, type WebhookFault } from './faults.ts';
import { isObject, json, mergePatch } from './json.ts';
import type { Stage } from './stage.ts';
import type { WebhookEvent, Webhooks } from './webhooks.ts';

export function targetOf({ id, who, play }: Evaluation): Target {
  return { id, who, own: play.faults };
}

/** Sends an evaluation's webhooks, with the faults that are asked for. */
export function createNotifier(parts: { webhooks: Webhooks; faults: Faults; stage: Stage }) {
  const { webhooks, faults, stage } = parts;

  /** Resolves when the event is taken or given up; never rejects. */
  async function send(event: WebhookEvent, struck: readonly WebhookFault[], who: string): Promise<void> {
    if (struck.some(({ kind }) => kind === 'drop')) return webhooks.drop(event);
    let copies = 1;
    let delay = 0;
    const contradictions: WebhookEvent[] = [];
    for (const fault of struck) {
      if (fault.kind === 'double') copies += 1;
      if (fault.kind === 'delay') delay += fault.ms;
      if (fault.kind === 'shuffle') {
        delay +=
          fault.ms * chanceOf(faults.seed, 'shuffle', who, event.event_type, String(event.data['notes']));
      }
      if (fault.kind === 'contradict') {
        contradictions.push(webhooks.eventOf(event.event_type, changed(event.data, fault.change)));
      }
    }
    if (delay > 0) await stage.wait(delay);
    await Promise.all(Array.from({ length: copies }, () => webhooks.deliver(event)));
    for (const contradiction of contradictions) await webhooks.deliver(contradiction);
  }

  return {
    emit(evaluation: Evaluation, type: string, data: WebhookEvent['data']): Promise<void> {
      const struck = faults.atWebhook(type, targetOf(evaluation));
      const told = struck.reduce(
        (before, fault) => (fault.kind === 'change' ? changed(before, fault.change) : before),
        data,
      );
      return send(webhooks.eventOf(type, told), struck, evaluation.who);
    },
  };
}
export type Notifier = ReturnType<typeof createNotifier>;

/** A change that takes `id` away leaves it empty, because the ledger needs one. */
export function changed(
  data: WebhookEvent['data'],
  change: Parameters<typeof mergePatch>[1],
): WebhookEvent['data'] {
  const merged = mergePatch(json.parse(JSON.parse(JSON.stringify(data))), change);
  if (!isObject(merged)) return data;
  const { id, eval_id, ...rest } = merged;
  return {
    ...rest,
    id: typeof id === 'string' ? id : '',
    ...(typeof eval_id === 'string' ? { eval_id } : {}),
  };
}
