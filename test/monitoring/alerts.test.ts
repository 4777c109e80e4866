import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { endings } from '../../src/client/index.ts';
import { codecProblems } from '../../src/codec/index.ts';
import {
  escalations,
  imagesFailures,
  imagesResults,
  metrics,
  noticeProblemWords,
  riskosProblemWords,
  waitingForWords,
} from '../../src/contract/index.ts';
import { refusals } from '../../src/relay/refusals.ts';
import { anchorsOf, readPage, root } from '../docs/pages.ts';
import { readRules, unknownIn, wordsIn } from './rules.ts';
import { faultsOfRunbook } from './runbook.ts';

const rules = readRules().groups.flatMap((group) => group.rules);
const names = rules.map(({ alert }) => alert);

/** Words that metrics and jobs have besides those of the contract. */
const otherWords =
  'ok poll event temporal pollers key_store taken notify archiveImages deleteImages readEvaluation NonDeterminismError candidate-funnel-worker candidate-funnel-.+ jwt_.+ temporal_.+ too_many_.+'.split(
    ' ',
  );
const known: readonly string[] = [
  ...otherWords,
  ...endings,
  ...escalations,
  ...imagesResults,
  ...noticeProblemWords,
  ...riskosProblemWords,
  ...waitingForWords,
  ...[codecProblems, imagesFailures, refusals].flatMap((words) => Object.keys(words)),
];

describe.each(rules)('$alert', ({ alert, expr, annotations }) => {
  test('asks for metrics and labels that a process serves, and for words that they have', () => {
    expect(unknownIn(expr)).toEqual([]);
    expect(wordsIn(expr).filter((word) => !known.includes(word))).toEqual([]);
  });

  test('has a section in the runbook, which says what it means, how to look and what to do', () => {
    const anchor = alert.toLowerCase();
    expect(annotations.runbook_url).toBe(`docs/runbook.md#${anchor}`);
    expect(anchorsOf(readPage('docs/runbook.md'))).toContain(anchor);
    const section = readFileSync(join(root, 'docs/runbook.md'), 'utf8')
      .split(`\n## ${alert}\n`)[1]
      ?.split('\n## ')[0];
    for (const part of ['**It means**', '**Look**', '**Do**']) expect(section).toContain(part);
  });
});

test('each reason for which the relay refuses a delivery that RiskOS means for it makes an alert fire', () => {
  const { expr = '' } = rules.find(({ alert }) => alert === 'FunnelWebhooksRefused') ?? {};
  const watched = new RegExp(`^(${/reason=~"([^"]*)"/.exec(expr)?.[1]})$`);
  const statuses = Object.entries(refusals).map(([reason, { status }]) => ({ reason, status }));
  // For its credentials, or for now: the others concern what RiskOS does not send.
  const meant = statuses.filter(({ status }) => [401, 429, 503].includes(status));
  expect(meant.length).toBeGreaterThan(15);
  expect(meant.filter(({ reason }) => !watched.test(reason))).toEqual([]);
});

test('every section of the runbook that is named like an alert has one', () => {
  const sections = [...anchorsOf(readPage('docs/runbook.md'))].filter((anchor) =>
    anchor.startsWith('funnel'),
  );
  expect(sections.toSorted()).toEqual(names.map((name) => name.toLowerCase()).toSorted());
});

test('every fault of the runbook has a signal that a process serves, an alert and its section', () => {
  for (const { fault, signal, alert, section } of faultsOfRunbook()) {
    expect(fault).not.toBe('');
    const [metric = ''] = signal.split(' ');
    expect(['up', ...metrics.map(({ name }) => name)]).toContain(metric);
    expect(names).toContain(alert);
    expect(rules.find((rule) => rule.alert === alert)?.expr).toContain(metric);
    expect(section).toBe(alert);
  }
});

test('a metric, a label or a word that nothing serves is found', () => {
  expect(unknownIn('sum by (job) (increase(candidate_funnel_verdict_total[5m])) > 0')).toEqual([
    'candidate_funnel_verdict_total',
  ]);
  expect(unknownIn('candidate_funnel_ready{what="temporal"} == 0')).toEqual(['candidate_funnel_ready{what}']);
  expect(wordsIn('up{job="a"} + up{job=~"b|c"}')).toEqual(['a', 'b', 'c']);
});
