import type { Registry } from 'prom-client';
import { processMetrics } from '../contract/index.ts';
import { counterOf, gaugeOf } from '../instruments.ts';
import { webhookEventTypes } from '../riskos/index.ts';
import { type DeliveryResult, deliveryResults } from './outcome.ts';
import { type Refusal, refusals } from './refusals.ts';

export interface RelayMetrics {
  delivered(result: DeliveryResult, eventType: string): void;
  refused(reason: Refusal): void;
}

const types: readonly string[] = [...webhookEventTypes, 'unknown'];

export function createRelayMetrics(
  registry: Registry,
  now: { inFlight: () => number; connections: () => number },
): RelayMetrics {
  const results = deliveryResults.map((result) => ({ result }));
  const reasons = Object.keys(refusals).map((reason) => ({ reason }));
  const deliveries = counterOf(processMetrics.webhooks, registry, results);
  const ofType = counterOf(
    processMetrics.webhookTypes,
    registry,
    types.map((type) => ({ type })),
  );
  const refused = counterOf(processMetrics.webhookRefusals, registry, reasons);
  gaugeOf(processMetrics.webhooksInFlight, registry, (gauge) => gauge.set(now.inFlight()));
  gaugeOf(processMetrics.relayConnections, registry, (gauge) => gauge.set(now.connections()));
  return {
    delivered: (result, eventType) => {
      deliveries.inc({ result });
      ofType.inc({ type: types.includes(eventType) ? eventType : 'unknown' });
    },
    refused: (reason) => refused.inc({ reason }),
  };
}
