import type { Payload } from '@temporalio/common';
import type { CodecProblem } from '../errors.ts';
import type { Tombstone } from '../keys/store.ts';

/** What the codec server needs of the codec and the key store. Rejects for nothing that was sent. */
export interface Cipher {
  /** What an encrypted payload says about itself, unproven until it is opened; `undefined` for one that is not encrypted. */
  labelOf(payload: Payload): Label | undefined;
  /** `namespace`: who asks says that it is of this one; absent where they do not say. */
  open(payload: Payload, namespace: string | undefined): Promise<Opened>;
  /** Creates the application's key unless it exists. What is encrypted already stays as it is. */
  seal(payloads: Payload[], of: { namespace: string; workflowId: string }): Promise<Payload[] | KeyRefusal>;
  /** Who had the application of a workflow forgotten, read from the store each time; `undefined` if nobody had. */
  tombstone(workflowId: string): Promise<{ found: Tombstone | undefined } | KeyRefusal>;
  /** Whether the key store can be reached now. */
  ready(): Promise<boolean>;
}

interface Label {
  workflowId: string;
  /** `status` where its writer marked it so; bound by the associated data. */
  purpose?: string;
}

/** `key_store_unavailable`: not known at the moment; all other reasons concern this payload only. */
export type Opened = { payload: Payload } | { unreadable: Unreadable } | 'key_store_unavailable';

export const unreadables = [
  'KeyMissing',
  'KeyForgotten',
  'KeyUnreadable',
  'PayloadTampered',
  'PayloadMisplaced',
  'PayloadUnknown',
  'NoApplication',
] as const satisfies CodecProblem[];
export type Unreadable = (typeof unreadables)[number];

/** Why the key of an application cannot be had. */
export type KeyRefusal = 'no_application' | 'forgotten' | 'key_unreadable' | 'key_store_unavailable';
