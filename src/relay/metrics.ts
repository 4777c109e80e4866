import { Counter, Gauge, type Registry } from 'prom-client';
import { webhookEventTypes } from '../riskos/index.ts';
import { type DeliveryResult, deliveryResults } from './outcome.ts';
import { type Refusal, refusals } from './refusals.ts';

export interface RelayMetrics {
  delivered(result: DeliveryResult, eventType: string): void;
  refused(reason: Refusal): void;
}

/** Every series is there from the start, so that an alert on a rise sees the first one. */
export function createRelayMetrics(
  registry: Registry,
  now: { inFlight: () => number; connections: () => number },
): RelayMetrics {
  const registers = [registry];
  const deliveries = new Counter({
    name: 'candidate_funnel_webhooks_total',
    help: 'Webhook deliveries that were answered 200, by where they went',
    labelNames: ['result'],
    registers,
  });
  const types = new Counter({
    name: 'candidate_funnel_webhook_types_total',
    help: 'The same deliveries by the type of their event; "unknown" for a type that Socure does not document',
    labelNames: ['type'],
    registers,
  });
  const refused = new Counter({
    name: 'candidate_funnel_webhook_refusals_total',
    help: 'Requests and connections that were refused, by reason',
    labelNames: ['reason'],
    registers,
  });
  registry.registerMetric(
    gauge('candidate_funnel_webhooks_in_flight', 'Webhook deliveries that are being handled', now.inFlight),
  );
  registry.registerMetric(gauge('candidate_funnel_relay_connections', 'Open connections', now.connections));
  const ofResult = new Map(deliveryResults.map((result) => [result, deliveries.labels(result)]));
  const ofType = new Map([...webhookEventTypes, 'unknown'].map((type) => [type, types.labels(type)]));
  for (const child of [...ofResult.values(), ...ofType.values()]) child.inc(0);
  for (const reason of Object.keys(refusals)) refused.inc({ reason }, 0);
  return {
    delivered: (result, eventType) => {
      ofResult.get(result)?.inc();
      (ofType.get(eventType) ?? ofType.get('unknown'))?.inc();
    },
    refused: (reason) => refused.inc({ reason }),
  };
}

function gauge(name: string, help: string, read: () => number): Gauge {
  return new Gauge({
    name,
    help,
    registers: [],
    collect() {
      this.set(read());
    },
  });
}
