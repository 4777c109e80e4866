import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import type { Evaluation } from './evaluation.ts';
import { isObject } from './json.ts';
import type { Ledger } from './ledger.ts';
import type { WebhookEvent } from './webhooks.ts';

// Written by the emulator itself, so only the outline is checked.
const state = z.object({
  version: z.literal(2),
  evaluations: z.array(z.custom<Evaluation>(isObject)),
  attempts: z.array(z.tuple([z.string(), z.array(z.string())])),
  faultCounts: z.array(z.tuple([z.string(), z.number()])),
  ledger: z.custom<Ledger>(isObject),
  /** Webhooks that were neither taken nor given up. */
  outbox: z.array(z.custom<WebhookEvent>(isObject)),
});
/** Everything the emulator must not forget when it is killed. */
export type State = z.output<typeof state>;

/** `undefined` when there is no such file. Throws when it is not a state of this version. */
export function readState(file: string): State | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  return state.parse(JSON.parse(text));
}

/** Whole or not at all, so that a kill in the middle leaves the state before. */
export function writeState(file: string, next: State): void {
  writeFileSync(`${file}.new`, JSON.stringify(next), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
