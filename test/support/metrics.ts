/** One line of Prometheus' text format. */
interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

export interface Scrape {
  /** The kind of each metric, by name. */
  kinds: Map<string, string>;
  samples: Sample[];
}

/** What a process serves at `/metrics`. */
export async function scrape(url: string): Promise<Scrape> {
  const text = await (await fetch(url)).text();
  const kinds = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(
    ([, name = '', kind = '']) => [name, kind] as const,
  );
  const lines = [...text.matchAll(/^([a-zA-Z_:]\w*)(?:\{(.*)\})? (\S+)$/gm)];
  return {
    kinds: new Map(kinds),
    samples: lines.map(([, name = '', labels = '', value]) => ({
      name,
      labels: Object.fromEntries(
        [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, label = '', word = '']) => [label, word]),
      ),
      value: Number(value),
    })),
  };
}

/** The sum of all series with these labels, whatever others they have; `undefined` when there is none. */
export async function valueOf(
  url: string,
  name: string,
  labels: Record<string, string> = {},
): Promise<number | undefined> {
  const { samples } = await scrape(url);
  const found = samples.filter(
    (sample) =>
      sample.name === name && Object.entries(labels).every(([label, word]) => sample.labels[label] === word),
  );
  return found.length === 0 ? undefined : found.reduce((sum, { value }) => sum + value, 0);
}
