import { describe, expect, test } from 'vitest';
import type { Scenario } from '../../src/emulator/index.ts';
import { body, captureOf, emulator, subscriber, type TestEmulator, until } from './support.ts';
import { unzip } from './unzip.ts';

type Play = NonNullable<Scenario['documents']>[number];

/** The completed answer of documents that follow the play. */
async function answerOf(play: Play, running?: TestEmulator) {
  const riskos = running ?? (await emulator({ scenarios: { own: { documents: [play] } } }));
  const { eval_id } = await riskos.create(body('docv', 'own'), 201);
  return await riskos.completed(eval_id);
}

describe('the document results of one evaluation', () => {
  test('come in the order of the play, each with a reference of its own', async () => {
    const { data_enrichments } = await answerOf({
      otherResults: [
        { decision: 'reject', at: 'after', documentType: 'Visa', documentCountry: 'FRA' },
        { decision: null },
      ],
    });
    const results = data_enrichments.flatMap(({ response }) =>
      response?.documentVerification ? [response] : [],
    );
    expect(results).toMatchObject([
      { documentVerification: { documentType: { type: 'Passport', country: 'USA' } } },
      {
        documentVerification: {
          decision: { value: 'accept' },
          documentType: { country: 'USA', state: 'OR' },
        },
      },
      {
        documentVerification: {
          decision: { value: 'reject' },
          documentType: { type: 'Visa', country: 'FRA' },
        },
      },
    ]);
    expect(results[0]?.documentVerification).not.toHaveProperty('decision');
    expect(new Set(results.map(({ referenceId }) => referenceId)).size).toBe(3);
  });

  test('are a baseline only where they were accepted', async () => {
    const riskos = await emulator({
      scenarios: { own: { documents: [{ otherResults: [{ decision: 'reject', at: 'after' }] }] } },
      acceptForeignBaselines: true,
    });
    const { data_enrichments } = await answerOf({}, riskos);
    const references = data_enrichments.flatMap(({ response }) =>
      response?.documentVerification ? [response.referenceId] : [],
    );
    const statuses = [];
    for (const previous_reference_id of references) {
      const sent = body('reverify', 'reverified', { additional_context: { previous_reference_id } });
      statuses.push((await riskos.call('POST', '/api/evaluation', sent)).status);
    }
    expect(statuses).toEqual([201, 400]);
  });

  test('may be absent, without a decision, or of a document that nobody recognised', async () => {
    const none = await answerOf({ result: 'none' });
    expect(none.decision).toBe('ACCEPT');
    expect(JSON.stringify(none)).not.toContain('documentVerification');
    const bare = await answerOf({
      documentVerification: null,
      documentType: null,
      documentCountry: null,
      documentState: null,
    });
    const found = bare.data_enrichments.find(({ response }) => response?.documentVerification);
    expect(found?.response?.documentVerification).toMatchObject({ documentType: {} });
    expect(found?.response?.documentVerification).not.toHaveProperty('decision');
  });
});

describe('further enrichments', () => {
  test('fail, are cached and are tried again, before and after the rest', async () => {
    const { data_enrichments } = await answerOf({
      cached: true,
      attempts: 3,
      enrichments: [
        { statusCode: 504, error: 'upstream timed out' },
        {
          name: 'Vendor',
          provider: 'RestAPI',
          module: 'vendor',
          statusCode: null,
          errorMessage: 'gone',
          at: 'after',
        },
      ],
    });
    expect(data_enrichments[0]).toMatchObject({
      enrichment_name: 'Socure Phone risk',
      status_code: 504,
      error: 'upstream timed out',
      response: null,
    });
    expect(data_enrichments.at(-1)).toMatchObject({ enrichment_provider: 'RestAPI', error_message: 'gone' });
    expect(data_enrichments.at(-1)).not.toHaveProperty('status_code');
    const verification = data_enrichments.find(({ response }) => response?.documentVerification);
    expect(verification).toMatchObject({ is_source_cache: true, total_attempts: 3 });
  });
});

test('a case has its score, tags and queues', async () => {
  const riskos = await emulator();
  const { eval_id } = await riskos.create(body('docv', 'for-audit'), 201);
  expect(await riskos.completed(eval_id)).toMatchObject({
    decision: 'REVIEW',
    score: 57.5,
    tags: ['first time here', 'level-2'],
    review_queues: ['Default Queue', 'Level 2'],
  });
});

test('decision words are the customer’s own', async () => {
  const riskos = await emulator();
  expect(await riskos.create(body('passive', 'words-of-ours'), 200)).toMatchObject({ decision: 'accept' });
});

describe('an execution that failed', () => {
  test.each([
    ['lifecycle', { eval_status: 'evaluation_failed', error_message: 'step 3 timed out' }],
    ['status', { eval_status: 'evaluation_paused', status: 'FAILED' }],
    ['message', { error_message: 'step 3 timed out' }],
  ] as const)('is told by the event and shown by GET, as a %s', async (failedAs, shown) => {
    const hr = await subscriber();
    const failure = { event: 'workflow_execution_failed', notes: 'step 3 timed out' };
    const play: Play = { candidate: 'absent', failedAs, afterwards: [failure] };
    const riskos = await emulator({ subscriber: hr, scenarios: { own: { documents: [play] } } });
    const { eval_id, id } = await riskos.create(body('docv', 'own'), 201);
    const { data } = await hr.next('workflow_execution_failed');
    expect(data).toMatchObject({ id, eval_id, error_message: 'step 3 timed out' });
    expect(data).not.toHaveProperty('decision');
    const answer = (await riskos.call('GET', `/api/evaluation/${eval_id}`)).json();
    expect(answer).toMatchObject({ id, eval_id, ...shown });
    const patched = await riskos.call('PATCH', `/api/evaluation/${eval_id}`, body('docv'));
    expect(patched.status).toBe(400);
    const candidate = await riskos.call('POST', `/admin/evaluations/${eval_id}/candidate`, {
      does: 'completes',
    });
    expect(candidate.status).toBe(409);
  });

  test('leaves one that has been decided as it is', async () => {
    const riskos = await emulator();
    const { eval_id } = await riskos.create(body('passive', 'accept'), 200);
    await riskos.call('POST', `/admin/evaluations/${eval_id}/events`, { event: 'workflow_execution_failed' });
    expect(await riskos.read(eval_id)).toMatchObject({
      eval_status: 'evaluation_completed',
      decision: 'ACCEPT',
    });
  });
});

describe('the files of reviewers', () => {
  const filesOf = async (riskos: TestEmulator, evalId: string): Promise<string[]> => {
    const { status, bytes } = await riskos.call('GET', `/api/evaluation/${evalId}/documents`);
    return status === 200 ? [...(await unzip(bytes)).keys()] : [];
  };

  test('are all that there is while images lag, or where they were deleted', async () => {
    const riskos = await emulator();
    for (const scenario of ['attachments-before-images', 'military-with-attachment']) {
      const { eval_id } = await riskos.create(body('docv', scenario), 201);
      await riskos.completed(eval_id);
      expect(await filesOf(riskos, eval_id)).toEqual(['case_attachments/identity.pdf']);
    }
  });

  test('can come later, with an event that names them', async () => {
    const hr = await subscriber();
    const riskos = await emulator({ subscriber: hr });
    const { eval_id } = await riskos.create(body('docv', 'attachment-later'), 201);
    expect((await hr.next('case_attachment_added')).data).toMatchObject({ file_name: 'additional_doc.pdf' });
    const files = await until(async () => {
      const found = await filesOf(riskos, eval_id);
      return found.length === 4 ? found : undefined;
    }, 'the attachment');
    expect(files).toContain('case_attachments/additional_doc.pdf');
  });
});

test('an expired link is the session’s status and the verification’s error', async () => {
  const riskos = await emulator();
  const { eval_id } = await riskos.create(body('docv', 'link-expired'), 201);
  const { data_enrichments } = await riskos.completed(eval_id);
  expect(data_enrichments).toMatchObject([
    { enrichment_provider: 'SocureDocRequest', response: { status: 'SESSION_EXPIRED' } },
    { error: 'session expired', response: null },
    { enrichment_provider: 'SocureImageRequest' },
  ]);
  expect(captureOf(await riskos.read(eval_id)).url).toContain('/capture/');
});
