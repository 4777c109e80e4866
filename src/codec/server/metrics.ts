import type { Registry } from 'prom-client';
import { processMetrics } from '../../contract/index.ts';
import { counterOf, gaugeOf } from '../../instruments.ts';
import { markers } from './decode.ts';
import { type Refusal, refusals } from './refusals.ts';

const results = ['decoded', 'clear', 'encoded', ...markers] as const;
type Result = (typeof results)[number];

export interface CodecServerMetrics {
  payload(result: Result, count?: number): void;
  refused(reason: Refusal): void;
}

export function createCodecServerMetrics(
  registry: Registry,
  now: { inFlight: () => number; connections: () => number },
): CodecServerMetrics {
  const { codecPayloads, codecRefusals, codecInFlight, codecConnections } = processMetrics;
  const payloads = counterOf(
    codecPayloads,
    registry,
    results.map((result) => ({ result })),
  );
  const refused = counterOf(
    codecRefusals,
    registry,
    Object.keys(refusals).map((reason) => ({ reason })),
  );
  gaugeOf(codecInFlight, registry, (gauge) => gauge.set(now.inFlight()));
  gaugeOf(codecConnections, registry, (gauge) => gauge.set(now.connections()));
  return {
    payload: (result, count = 1) => payloads.inc({ result }, count),
    refused: (reason) => refused.inc({ reason }),
  };
}
