import type { Notice } from '../src/contract/index.ts';
import { tellHr } from './tell-hr.ts';

/** Sends what was left when a funnel ended, in order. */
export async function noticeDelivery(notices: Notice[]): Promise<void> {
  for (const notice of notices) await tellHr(notice);
}
