import { setTimeout } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { storageAt } from '../archive/index.ts';
import { createFunnelClient } from '../client/index.ts';
import type { KeyStore } from '../codec/index.ts';
import { temporalWorkflows } from './executions.ts';
import { forget, type ForgetAsk, type ForgetStep, type ForgottenApplication } from './forget.ts';
import { archivedImages } from './images.ts';

export interface ForgetterOptions {
  /** A client that encrypts with the same keys: `new Client({ connection, ...encryptedClient(keys) })`. */
  temporal: Client;
  keys: KeyStore;
  /** `file:///absolute/folder` or `s3://bucket/prefix?…`. */
  archiveUrl: string;
  onStep?: (step: ForgetStep) => void;
}

/** Forgets applications; docs/erasure.md says what that takes, and what is left. */
export interface Forgetter {
  /** Can be repeated, also after an interruption at any point; see `forget` for what it rejects with. */
  forget(ask: ForgetAsk): Promise<ForgottenApplication>;
  /** Lets go of the archive; client and keys are yours. */
  close(): void;
}

/** Throws ArchiveError `InvalidArchiveUrl`. */
export function createForgetter({ temporal, keys, archiveUrl, onStep }: ForgetterOptions): Forgetter {
  const storage = storageAt(archiveUrl);
  const now = () => new Date();
  const parts = {
    keys,
    workflows: temporalWorkflows(temporal, createFunnelClient({ temporal, deadline: 10_000 })),
    images: archivedImages(storage, now),
    now,
    pause: () => setTimeout(1000),
    ...(onStep ? { onStep } : {}),
  };
  return { forget: (ask) => forget(parts, ask), close: () => storage.close() };
}
