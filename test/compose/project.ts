import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import which from 'which';
import { z } from 'zod';

const run = promisify(execFile);

export const root = join(import.meta.dirname, '..', '..');
export const composeFile = join(root, 'docker-compose.yml');

const service = z.object({
  image: z.string(),
  build: z
    .object({
      dockerfile: z.string(),
      target: z.string(),
      args: z.record(z.string(), z.string()).default({}),
    })
    .optional(),
  user: z.string().optional(),
  restart: z.string().optional(),
  read_only: z.boolean().default(false),
  privileged: z.boolean().default(false),
  cap_drop: z.array(z.string()).default([]),
  cap_add: z.array(z.string()).default([]),
  security_opt: z.array(z.string()).default([]),
  profiles: z.array(z.string()).default([]),
  command: z.array(z.string()).nullable(),
  entrypoint: z.array(z.string()).nullable(),
  secrets: z.array(z.object({ source: z.string() })).default([]),
  deploy: z
    .object({
      resources: z.object({
        limits: z.object({
          cpus: z.coerce.number(),
          memory: z.coerce.number(),
          pids: z.number(),
        }),
      }),
    })
    .optional(),
  environment: z.record(z.string(), z.string()).default({}),
  networks: z.record(z.string(), z.unknown()),
  ports: z.array(z.object({ host_ip: z.string(), target: z.number(), published: z.string() })).default([]),
  volumes: z
    .array(
      z.object({
        type: z.string(),
        source: z.string(),
        target: z.string(),
        read_only: z.boolean().default(false),
      }),
    )
    .default([]),
  healthcheck: z.object({ test: z.array(z.string()) }).optional(),
  depends_on: z.record(z.string(), z.object({ condition: z.string(), required: z.boolean() })).default({}),
});
const project = z.object({
  services: z.record(z.string(), service),
  secrets: z.record(z.string(), z.object({ file: z.string() })),
  networks: z.record(z.string(), z.object({ internal: z.boolean().default(false) })),
});
export type Project = z.output<typeof project>;

export interface ComposeReader {
  /**
   * The project as `docker compose` reads it with these variables: by default docker-compose.yml with all profiles, and no
   * env file. Profiles are separated by commas.
   */
  load(
    env: Record<string, string>,
    options?: { file?: string; envFile?: string; profiles?: string },
  ): Promise<Project>;
  close(): Promise<void>;
}

/** Builds the reader, which is Compose's own library. */
export async function openComposeReader(): Promise<ComposeReader> {
  const go = await which('go', { nothrow: true });
  if (go === null) {
    throw new Error('docker-compose.yml is checked by compose-go: install Go (https://go.dev/doc/install)');
  }
  const folder = await mkdtemp(join(tmpdir(), 'candidate-funnel-compose-'));
  const checker = join(folder, 'checker');
  await run(go, ['build', '-o', checker, '.'], { cwd: join(import.meta.dirname, 'checker') });
  return {
    load: async (env, { file = composeFile, envFile = '', profiles = '*' } = {}) => {
      const { stdout } = await run(checker, [file, envFile, profiles], {
        env: { PATH: process.env['PATH'], ...env },
      });
      return project.parse(JSON.parse(stdout));
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
}
