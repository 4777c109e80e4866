import type { Payload } from '@temporalio/common';

/** What the codec server needs of the codec and the key store. */
export interface Cipher {
  /** What an encrypted payload says about itself, unproven until it is opened; `undefined` for one that is not encrypted. */
  labelOf(payload: Payload): Label | undefined;
  /** Rejects for nothing that was sent. */
  open(payload: Payload, namespace: string): Promise<Opened>;
  /** Makes the application's key if there is none. Rejects for nothing that was sent. */
  seal(payloads: Payload[], of: { namespace: string; workflowId: string }): Promise<Payload[] | SealRefusal>;
  /** Whether the key store can be reached now. */
  ready(): Promise<boolean>;
}

export interface Label {
  workflowId: string;
  /** `status` where its writer marked it so; bound by the associated data. */
  purpose?: string;
}

/** `key_store_unavailable`: nobody can say now; all other reasons are final. */
export type Opened = { payload: Payload } | { unreadable: Unreadable } | 'key_store_unavailable';

export type Unreadable = 'no_key' | 'tampered' | 'other_namespace' | 'unknown_form';

export type SealRefusal = 'no_application' | 'key_store_unavailable';
