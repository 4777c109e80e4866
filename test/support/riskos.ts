import { request } from 'undici';
import type { World } from './world.ts';

/** What a reviewer or a candidate does in RiskOS itself. Rejects when RiskOS does not take it. */
async function inRiskos(world: World, evalId: string, what: string, body: object): Promise<void> {
  const answer = await request(`${world.emulator.url}/admin/evaluations/${evalId}/${what}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await answer.body.text();
  if (answer.statusCode >= 300) throw new Error(`RiskOS did not take it: ${text}`);
}

export function decideInRiskos(world: World, evalId: string, decision: string): Promise<void> {
  return inRiskos(world, evalId, 'events', { event: 'decision_update', decision });
}

export function captureIn(world: World, evalId: string): Promise<void> {
  return inRiskos(world, evalId, 'candidate', { does: 'completes' });
}

export function createdFor(world: World, applicationId: string) {
  return world.emulator.ledger().evaluations.filter(({ id }) => id.startsWith(`${applicationId}~`));
}

export function documentsOf(world: World, applicationId: string) {
  return createdFor(world, applicationId).filter(({ id }) => id.includes('~document_verification~'));
}

export function smsFor(world: World, applicationId: string) {
  return world.emulator.ledger().sms.filter(({ id }) => id.startsWith(`${applicationId}~`));
}
