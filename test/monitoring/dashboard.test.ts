import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { metrics } from '../../src/contract/index.ts';
import { root } from '../docs/pages.ts';
import { unknownIn } from './rules.ts';

const datasource = z.strictObject({ type: z.literal('prometheus'), uid: z.literal('${datasource}') });
const place = z.strictObject({ h: z.int(), w: z.int(), x: z.int(), y: z.int() });

/** What Grafana needs of a dashboard; a key that it does not know is a mistake here. */
const dashboard = z.object({
  uid: z.string(),
  title: z.string(),
  schemaVersion: z.int(),
  templating: z.object({
    list: z.array(z.object({ name: z.literal('datasource'), type: z.literal('datasource') })),
  }),
  panels: z.array(
    z.discriminatedUnion('type', [
      z.object({ type: z.literal('row'), id: z.int(), title: z.string(), gridPos: place }),
      z.object({
        type: z.enum(['stat', 'timeseries']),
        id: z.int(),
        title: z.string(),
        gridPos: place,
        datasource,
        fieldConfig: z.object({ defaults: z.object({ unit: z.string() }) }),
        targets: z
          .array(z.object({ refId: z.string(), datasource, expr: z.string(), legendFormat: z.string() }))
          .min(1),
      }),
    ]),
  ),
});

const { panels } = dashboard.parse(
  JSON.parse(readFileSync(join(root, 'deploy/grafana/candidate-funnel.json'), 'utf8')),
);
const queries = panels.flatMap((panel) =>
  panel.type === 'row' ? [] : panel.targets.map((target) => ({ title: panel.title, ...target })),
);

describe('the dashboard', () => {
  test.each(queries)(
    '$title: asks for metrics and labels that a process serves',
    ({ expr, legendFormat }) => {
      expect(unknownIn(expr)).toEqual([]);
      // A legend can only name what the query groups by.
      const grouped = [...expr.matchAll(/\bby\s*\(([^)]*)\)/g)].flatMap(([, labels = '']) =>
        labels.split(/, */),
      );
      const shown = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label);
      expect(shown.filter((label) => !grouped.includes(label))).toEqual([]);
    },
  );

  test('has each panel once, on a grid of 24 columns, without overlaps', () => {
    const ids = panels.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const cells = panels.flatMap(({ gridPos: { h, w, x, y } }) =>
      Array.from({ length: h * w }, (_, n) => `${x + (n % w)},${y + Math.floor(n / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(panels.every(({ gridPos: { x, w } }) => x >= 0 && x + w <= 24)).toBe(true);
  });

  test('shows every metric of ours that says how funnels are', () => {
    const shown = queries.map(({ expr }) => expr).join(' ');
    const gauges = metrics.filter(
      ({ name, kind }) => kind === 'counter' && name.startsWith('candidate_funnel_'),
    );
    const left = gauges.filter(({ name }) => !shown.includes(name)).map(({ name }) => name);
    expect(left).toEqual([
      // The causes of funnels that stand now are shown by the monitor's gauge.
      'candidate_funnel_attention_total',
      'candidate_funnel_riskos_enrichment_attempts_total',
      'candidate_funnel_webhook_types_total',
    ]);
  });
});
