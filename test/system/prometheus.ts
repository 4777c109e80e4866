import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import getPort from 'get-port';
import which from 'which';
import { z } from 'zod';
import { readRules } from '../monitoring/rules.ts';

/** A real Prometheus on loopback that scrapes every few seconds and evaluates the alerts at once. */
export interface Prometheus {
  /** The names of the alerts that fire. */
  firing(): Promise<string[]>;
  /** Resolves when every target has been scraped so many times. */
  scraped(times: number): Promise<void>;
  stop(): Promise<void>;
}

/** The path of a program of Debian's package `prometheus`. */
export async function programOf(name: 'prometheus' | 'promtool'): Promise<string> {
  const path = await which(name, { nothrow: true });
  if (path === null) throw new Error(`These tests need ${name}: apt-get install prometheus.`);
  return path;
}

const alerts = z.object({
  data: z.object({
    alerts: z.array(z.object({ state: z.string(), labels: z.object({ alertname: z.string() }) })),
  }),
});
const counts = z.object({
  data: z.object({ result: z.array(z.object({ value: z.tuple([z.number(), z.string()]) })) }),
});

export async function startPrometheus(targets: { job: string; target: string }[]): Promise<Prometheus> {
  const program = await programOf('prometheus');
  const folder = await mkdtemp(join(tmpdir(), 'candidate-funnel-prometheus-'));
  await writeFile(join(folder, 'alerts.json'), JSON.stringify(impatient(readRules())));
  const config = {
    global: { scrape_interval: '4s', scrape_timeout: '4s', evaluation_interval: '1s' },
    rule_files: ['alerts.json'],
    scrape_configs: targets.map(({ job, target }) => ({
      job_name: job,
      static_configs: [{ targets: [target] }],
    })),
  };
  await writeFile(join(folder, 'prometheus.yml'), JSON.stringify(config));
  const port = await getPort({ host: '127.0.0.1' });
  const child = spawn(
    program,
    [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=error',
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const ask = async (path: string) => (await fetch(`http://127.0.0.1:${port}${path}`)).json();
  const isUp = () =>
    ask('/api/v1/status/buildinfo').then(
      () => true,
      () => sleep(100, false),
    );
  while (!(await isUp())) if (child.exitCode !== null) throw new Error('Prometheus ended while it started');
  return {
    firing: async () => [
      ...new Set(
        alerts
          .parse(await ask('/api/v1/alerts'))
          .data.alerts.filter(({ state }) => state === 'firing')
          .map(({ labels }) => labels.alertname),
      ),
    ],
    scraped: async (times) => {
      const query = encodeURIComponent('min(count_over_time(up[1h]))');
      for (;;) {
        const [first] = counts.parse(await ask(`/api/v1/query?query=${query}`)).data.result;
        if (Number(first?.value[1] ?? 0) >= times) return;
        await sleep(200);
      }
    },
    stop: async () => {
      child.kill();
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The same alerts for a test that cannot wait: nothing has to last, and ages count in seconds. */
function impatient({ groups }: ReturnType<typeof readRules>): object {
  return {
    groups: groups.map((group) => ({
      ...group,
      rules: group.rules.map((rule) => ({
        ...rule,
        for: '0s',
        expr: rule.expr.replace(/(retrying_seconds\{[^}]*\}\)) > \d+/, '$1 > 1'),
      })),
    })),
  };
}
