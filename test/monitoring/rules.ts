import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { type Metric, metrics } from '../../src/contract/index.ts';
import { root } from '../docs/pages.ts';

const rules = z.strictObject({
  groups: z.array(
    z.strictObject({
      name: z.string(),
      rules: z.array(
        z.strictObject({
          alert: z.string(),
          expr: z.string(),
          for: z.string(),
          labels: z.strictObject({ severity: z.enum(['page', 'ticket']) }),
          annotations: z.strictObject({ summary: z.string(), runbook_url: z.string() }),
        }),
      ),
    }),
  ),
});

export const rulesPath = join(root, 'deploy/prometheus/alerts.yml');

export function readRules(): z.output<typeof rules> {
  return rules.parse(parse(readFileSync(rulesPath, 'utf8')));
}

const promqlWords =
  'sum min max count avg by without on ignoring and or unless offset bool increase rate delta absent time vector histogram_quantile'.split(
    ' ',
  );

/** What a PromQL expression asks for that no process serves: a metric, or a label of one. */
export function unknownIn(expr: string): string[] {
  const bare = expr.replace(/"(?:[^"\\]|\\.)*"/g, '""');
  const selectors = [...bare.matchAll(/([a-zA-Z_:][\w:]*)\{([^}]*)\}/g)];
  const names = bare
    .replace(/\{[^}]*\}|\[[^\]]*\]/g, ' ')
    .replace(/\b(by|without|on)\s*\([^)]*\)/g, ' ')
    .match(/(?<![\w:])[a-zA-Z_:][\w:]*/g);
  const unknownNames = (names ?? []).filter(
    (name) => !promqlWords.includes(name) && name !== 'up' && !metricOf(name),
  );
  const unknownLabels = selectors.flatMap(([, name = '', matchers = '']) =>
    [...matchers.matchAll(/(\w+)\s*[=!]/g)]
      .map(([, label = '']) => label)
      .filter((label) => !['job', 'instance', ...(metricOf(name)?.labels ?? [])].includes(label))
      .map((label) => `${name}{${label}}`),
  );
  return [...unknownNames, ...unknownLabels];
}

/** A histogram's series have endings. */
function metricOf(series: string): Metric | undefined {
  return metrics.find(
    ({ name, kind }) =>
      name === series || (kind === 'histogram' && series.replace(/_(bucket|sum|count)$/, '') === name),
  );
}

/** The words that an expression compares labels with; of a regular expression its alternatives. */
export function wordsIn(expr: string): string[] {
  return [...expr.matchAll(/[=!]~?\s*"([^"]*)"/g)].flatMap(([, text = '']) => text.split('|'));
}
