import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { clearMark } from '../../src/contract/index.ts';

const folder = fileURLToPath(new URL('../replay/histories/', import.meta.url));

/** The recorded histories of funnels and their images. */
export const recordedFiles: readonly string[] = readdirSync(folder, {
  recursive: true,
  encoding: 'utf8',
}).filter((name) => /(?:funnel|images)-[^/\\]*\.json$/.test(name));

const payload = z.object({ metadata: z.looseObject({ encoding: z.string() }), data: z.string() });
const statusLike = z.looseObject({
  applicationId: z.string(),
  stage: z.string(),
  nextAction: z.looseObject({}),
});
const noticeLike = z.looseObject({
  type: z.enum(['funnel.changed', 'images.changed']),
  data: z.looseObject({}),
});

/** Every status and notice in the payloads of a history: answers of updates, results, what was sent to HR. */
export function publishedIn(file: string): { statuses: unknown[]; notices: unknown[] } {
  const values = payloadsIn(JSON.parse(readFileSync(join(folder, file), 'utf8')));
  return {
    statuses: values.filter((value) => statusLike.safeParse(value).success),
    notices: values.filter((value) => noticeLike.safeParse(value).success),
  };
}

function payloadsIn(value: unknown): unknown[] {
  const found = payload.safeParse(value);
  // The memo holds a status in two parts.
  if (found.success && clearMark.name in found.data.metadata) return [];
  if (found.success) return [JSON.parse(Buffer.from(found.data.data, 'base64').toString('utf8'))];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(payloadsIn);
}
