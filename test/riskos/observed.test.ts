import * as fc from 'fast-check';
import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { observed, stepsOf } from '../../src/riskos/index.ts';
import { enrichmentMetrics } from '../../src/worker/enrichment-metrics.ts';
import {
  captureRequest,
  completed,
  evalId,
  imageRequest,
  passiveRequest,
  paused,
  verification,
} from './support/answers.ts';
import { clientOf, failureOf, startAnswering } from './support/server.ts';
import { property } from '../support/property.ts';

const phone = {
  enrichment_provider: 'Socure',
  request: { modules: ['phonerisk'] },
  status_code: 504,
  error: 'timed out',
  is_source_cache: false,
  total_attempts: 3,
};
const cached = verification({}, { is_source_cache: true, total_attempts: 1 });
const body = completed({ data_enrichments: [captureRequest(), phone, cached, imageRequest()] });

describe('the steps of an evaluation', () => {
  it('are told with their step, failure, cache and tries', () => {
    expect(stepsOf({ status: 200, body })).toEqual([
      { step: 'document_request', failed: false, cached: false, attempts: 1 },
      { step: 'other', failed: true, cached: false, attempts: 3 },
      { step: 'document_verification', failed: false, cached: true, attempts: 1 },
      { step: 'image_request', failed: true, cached: false, attempts: 1 },
    ]);
  });

  it('are those of a completed one only', () => {
    expect(stepsOf({ status: 201, body: paused({ data_enrichments: [phone] }) })).toEqual([]);
  });

  property([fc.anything(), fc.array(fc.anything())])('are read of anything', (raw, data_enrichments) => {
    expect(stepsOf({ status: 200, body: raw })).toBeInstanceOf(Array);
    const steps = stepsOf({ status: 200, body: completed({ data_enrichments }) });
    expect(steps.every(({ attempts }) => Number.isInteger(attempts) && attempts >= 0)).toBe(true);
  });
});

describe('an observed client', () => {
  it('shows each answer, also of a call that fails, and still to the caller', async () => {
    const seen: number[] = [];
    const own: number[] = [];
    const how = { onAnswer: ({ status }: { status: number }) => own.push(status) };
    const riskos = await startAnswering(200, body);
    await observed(clientOf(riskos.url), ({ status }) => seen.push(status)).get(evalId, how);
    const failing = await startAnswering(503, {});
    const client = observed(clientOf(failing.url), ({ status }) => seen.push(status));
    await failureOf(client.create(passiveRequest, how));
    expect([seen, own]).toEqual([
      [200, 503],
      [200, 503],
    ]);
  });

  it('is counted by step and result', async () => {
    const metrics = enrichmentMetrics();
    const registry = new Registry();
    metrics.register(registry);
    const riskos = await startAnswering(200, body);
    const client = observed(clientOf(riskos.url), metrics.count);
    await client.get(evalId);
    const text = await registry.metrics();
    for (const line of [
      'candidate_funnel_riskos_enrichments_total{step="other",result="failed"} 1',
      'candidate_funnel_riskos_enrichments_total{step="other",result="retried"} 1',
      'candidate_funnel_riskos_enrichments_total{step="document_verification",result="ok"} 1',
      'candidate_funnel_riskos_enrichments_total{step="document_verification",result="cached"} 1',
      'candidate_funnel_riskos_enrichment_attempts_total{step="other"} 3',
    ]) {
      expect(text).toContain(line);
    }
  });
});
