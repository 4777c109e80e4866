import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Metric } from './contract/index.ts';

type Described<Label extends string> = Omit<Metric, 'labels'> & { labels: readonly Label[] };

/** The words that each label can have: every series is there from the start, so that an alert on a rise sees the first one. */
type Series<Label extends string> = readonly Record<Label, string>[];

/** A counter of the registry of metrics. Without a registry it is shown nowhere. */
export function counterOf<Label extends string>(
  metric: Described<Label>,
  registry?: Registry,
  series: Series<Label> = [],
): Counter<Label> {
  const counter = new Counter(configOf(metric, registry));
  for (const labels of series) counter.inc(labels, 0);
  return counter;
}

/** A gauge of the registry of metrics. With `collect`, each scrape sets it. */
export function gaugeOf<Label extends string>(
  metric: Described<Label>,
  registry?: Registry,
  collect?: (gauge: Gauge<Label>) => void,
): Gauge<Label> {
  const gauge: Gauge<Label> = new Gauge({
    ...configOf(metric, registry),
    ...(collect ? { collect: () => collect(gauge) } : {}),
  });
  return gauge;
}

export function histogramOf<Label extends string>(
  metric: Described<Label>,
  registry: Registry,
  buckets: number[],
): Histogram<Label> {
  return new Histogram({ ...configOf(metric, registry), buckets });
}

function configOf<Label extends string>({ name, help, labels }: Described<Label>, registry?: Registry) {
  return { name, help, labelNames: [...labels], registers: registry ? [registry] : [] };
}
