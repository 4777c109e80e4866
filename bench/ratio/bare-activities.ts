import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Encrypter } from 'age-encryption';
import { request } from 'undici';
import { z } from 'zod';
import { createAgeKey } from '../../src/age.ts';

export type BareActivities = ReturnType<typeof bareActivities>;

const answer = z.object({ eval_id: z.string(), decision: z.string().optional() });

/** The same calls of the same server as the funnel's, without checks, without typed failures and without logs. */
export function bareActivities(baseUrl: string, apiKey: string, folder: string) {
  const key = createAgeKey();
  const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' };
  return {
    async post(evaluationId: string): Promise<string> {
      const body = JSON.stringify(requestOf(evaluationId, new Date()));
      const response = await request(`${baseUrl}/api/evaluation`, { method: 'POST', headers, body });
      return answer.parse(await response.body.json()).eval_id;
    },
    async get(evalId: string): Promise<string> {
      const response = await request(`${baseUrl}/api/evaluation/${evalId}`, { headers });
      return answer.parse(await response.body.json()).decision ?? '';
    },
    /** RiskOS's ZIP as one encrypted file. */
    async archive(evalId: string): Promise<void> {
      const response = await request(`${baseUrl}/api/evaluation/${evalId}/documents`, { headers });
      const zip = new Uint8Array(await response.body.arrayBuffer());
      const encrypter = new Encrypter();
      encrypter.addRecipient((await key).recipient);
      await writeFile(join(folder, `${evalId}.zip.age`), await encrypter.encrypt(zip));
    },
  };
}

function requestOf(id: string, now: Date): object {
  return {
    id,
    timestamp: now.toISOString(),
    workflow: 'workforce_verification',
    data: {
      event_type: 'docv',
      event_category: 'workforce_verification',
      custom: { scenario: 'waits' },
      individual: {
        id: id.slice(0, id.indexOf('~')),
        given_name: 'Robin',
        family_name: 'Quill',
        email: 'robin.quill@example.com',
        phone_number: '+14155550142',
        di_session_token: 'di-session-of-robin',
        docv: { config: { send_message: true } },
      },
    },
  };
}
