import type { Facts } from './oracle.ts';
import type { PendingUpdate, UpdateAnswer } from './server/execution.ts';
import { invalidUpdates, possibleIn, type Status, steppingUp } from './world/contract.ts';

/** An update must be refused where it does not fit, and accepted where it does. `before`: the status when it came. */
export function checkUpdate(
  before: Status,
  { name, input }: PendingUpdate,
  answer: UpdateAnswer | 'accepted',
  accepted: Facts['accepted'],
  wrong: (reason: string) => void,
): void {
  const invalid = invalidUpdates.some((one) => one.name === name && one.input === input);
  const fits = possibleIn[name]?.includes(before.stage) ?? false;
  if (answer === 'accepted') {
    if (invalid) wrong(`the update ${name} is not valid, and was accepted`);
    else if (!fits) wrong(`the update ${name} was accepted at ${before.stage}`);
    return;
  }
  if (answer.kind !== 'refused' || answer.accepted) return;
  if (invalid) {
    if (answer.type !== 'InvalidMessage' && name !== 'noSuchUpdate')
      wrong(`the update ${name} is not valid: ${answer.type}`);
    return;
  }
  if (answer.type === 'NoBaseline' && !before.baseline && fits) return;
  if (answer.type !== 'WrongStage') wrong(`the update ${name} is refused with ${answer.type}`);
  if (!fits || name in steppingUp || name === 'readNow') return;
  // Another one that was accepted just before comes first.
  if (accepted.length > 0 && name !== 'withdraw') return;
  wrong(`the update ${name} is refused at ${before.stage}: ${answer.message}`);
}
