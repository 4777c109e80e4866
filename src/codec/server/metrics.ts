import { Counter, Gauge, type Registry } from 'prom-client';
import { markers } from './decode.ts';
import { type Refusal, refusals } from './refusals.ts';

const results = ['decoded', 'clear', 'encoded', ...markers] as const;
type Result = (typeof results)[number];

export interface CodecServerMetrics {
  payload(result: Result, count?: number): void;
  refused(reason: Refusal): void;
}

/** Every series is there from the start, so that an alert on a rise sees the first one. */
export function createCodecServerMetrics(
  registry: Registry,
  now: { inFlight: () => number; connections: () => number },
): CodecServerMetrics {
  const registers = [registry];
  const payloads = new Counter({
    name: 'candidate_funnel_codec_payloads_total',
    help: 'Payloads that were answered, by what came back: decoded, encoded, clear as it was, or why it is unreadable',
    labelNames: ['result'],
    registers,
  });
  const refused = new Counter({
    name: 'candidate_funnel_codec_refusals_total',
    help: 'Requests and connections that were refused as a whole, by reason',
    labelNames: ['reason'],
    registers,
  });
  registry.registerMetric(
    gauge('candidate_funnel_codec_in_flight', 'Requests that are being handled', now.inFlight),
  );
  registry.registerMetric(gauge('candidate_funnel_codec_connections', 'Open connections', now.connections));
  for (const result of results) payloads.inc({ result }, 0);
  for (const reason of Object.keys(refusals)) refused.inc({ reason }, 0);
  return {
    payload: (result, count = 1) => payloads.inc({ result }, count),
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
