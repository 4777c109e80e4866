import { execFile } from 'node:child_process';
import { z } from 'zod';

/** Advisories that do not concern this project, by their address, each with the reason. */
const explained: Record<string, string> = {};

const report = z.object({
  vulnerabilities: z.record(
    z.string(),
    z.object({
      severity: z.string(),
      via: z.array(z.union([z.string(), z.object({ url: z.string(), title: z.string() })])),
    }),
  ),
});

/** Known vulnerabilities in production dependencies that have no recorded explanation. */
export async function auditFaults(root: string): Promise<string[]> {
  const text = await audit(root);
  const parsed = report.safeParse(parseOrNothing(text));
  if (!parsed.success) {
    return [
      'the npm registry here does not answer "npm audit --omit=dev": run the release check where it does; nothing is known about vulnerabilities',
    ];
  }
  return Object.entries(parsed.data.vulnerabilities).flatMap(([name, { severity, via }]) =>
    via.flatMap((advisory) =>
      typeof advisory === 'string' || explained[advisory.url] !== undefined
        ? []
        : [`${name} (${severity}): ${advisory.title}, ${advisory.url}`],
    ),
  );
}

/** Its exit code says only that there is something to read. */
function audit(root: string): Promise<string> {
  return new Promise((resolve) => {
    execFile(
      'npm',
      ['audit', '--omit=dev', '--json'],
      { cwd: root, maxBuffer: 64 * 1024 ** 2, timeout: 120_000 },
      (_error, stdout) => resolve(stdout),
    );
  });
}

function parseOrNothing(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
