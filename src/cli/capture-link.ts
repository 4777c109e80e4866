import { toString } from 'qrcode';
import type { FunnelStatus } from '../client/index.ts';

/** The capture link as a QR code, where a person can hold a phone before it: on a terminal; else nothing. */
export async function captureCode(
  action: FunnelStatus['nextAction'],
  { terminal }: { terminal: boolean },
): Promise<string | undefined> {
  if (action.kind !== 'show_capture_link' || !terminal) return undefined;
  return (await toString(action.url, { type: 'terminal', small: true, errorCorrectionLevel: 'L' })).trimEnd();
}
