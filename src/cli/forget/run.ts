import { Client } from '@temporalio/client';
import { temporalClient } from '../../client/index.ts';
import { encryptedClient } from '../../codec/index.ts';
import { archiveUrlSettings, readSettings } from '../../config.ts';
import { createForgetter, type Forgetter, type ForgottenApplication } from '../../forget/index.ts';
import { createLogger } from '../../logging.ts';
import { parseId } from '../funnels.ts';
import { idsOf, inTurn } from '../ids.ts';
import { print, time } from '../output.ts';
import { neededKeyStore } from '../payload-keys.ts';

export interface ForgetOptions {
  by: string;
  reason: string;
  terminate?: boolean;
  keyLost?: boolean;
  imagesLost?: boolean;
  json?: boolean;
}

/** Forgets each application, and prints what was deleted; the log on stderr has each step. */
export async function runForget(given: string[], options: ForgetOptions): Promise<void> {
  const ids = (await idsOf(given)).map(parseId);
  const { ARCHIVE_URL: archiveUrl } = readSettings(archiveUrlSettings);
  const keys = neededKeyStore();
  const { connection, options: temporal } = temporalClient();
  const client = new Client({ connection, namespace: temporal.namespace, ...encryptedClient(keys) });
  try {
    await inTurn(ids, async (applicationId) => {
      const logger = createLogger('forget');
      const forgetter = createForgetter({
        temporal: client,
        keys,
        archiveUrl,
        onStep: (step) => logger.info({ applicationId, step, by: options.by }, 'forgetting'),
      });
      try {
        await forgetOne(forgetter, applicationId, options);
      } finally {
        forgetter.close();
      }
    });
  } finally {
    await connection.close();
    keys.close();
  }
}

async function forgetOne(
  forgetter: Forgetter,
  applicationId: string,
  { by, reason, terminate = false, keyLost = false, imagesLost = false, json }: ForgetOptions,
): Promise<void> {
  const forgotten = await forgetter.forget({ applicationId, by, reason, terminate, keyLost, imagesLost });
  print(forgotten, () => textOf(forgotten), json);
}

function textOf({ applicationId, at, by, deleted, foreignObjects }: ForgottenApplication): string {
  const { workflows, evaluations, objects } = deleted;
  return [
    `${applicationId}  forgotten since ${time(at)}, by ${by}`,
    `  deleted    ${workflows} workflow runs; ${objects} objects of ${evaluations} evaluations; the key`,
    ...foreignObjects.map((key) => `  left alone ${key}, which is not of this archive: look at it yourself`),
  ].join('\n');
}
