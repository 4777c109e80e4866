import { type Evaluation, uuidOf } from './evaluation.ts';
import type { OtherEnrichment } from './scenarios.ts';

/** An evaluation as POST, GET and PATCH answer it [doc]; values are the emulator's own. */
export function answerOf(evaluation: Evaluation) {
  return {
    ...commonOf(evaluation),
    data_enrichments: enrichmentsOf(evaluation),
    ...lifecycleOf(evaluation),
    ...scoreOf(evaluation),
    ...(evaluation.hosted && evaluation.waitsFor[0] === 'hosted_flow'
      ? { redirect_uri: evaluation.hosted.url }
      : {}),
    environment_name: evaluation.environment,
  };
}

/** What shows that the execution failed is [open]: a lifecycle of its own, a status beside the pause, or only a message. */
function lifecycleOf({ state, failure, play }: Evaluation): { eval_status?: string; error_message?: string } {
  if (state !== 'evaluation_failed') return { eval_status: state };
  if (play.failedAs === 'status') return { eval_status: 'evaluation_paused' };
  const message = { error_message: failure ?? '' };
  return play.failedAs === 'message' ? message : { eval_status: state, ...message };
}

function scoreOf({ state, useCase, play }: Evaluation): { score?: number | null } {
  if (state !== 'evaluation_completed') return {};
  if (play.score !== undefined) return { score: play.score };
  return useCase === 'passive' ? { score: 41 } : {};
}

/** `data` of the webhook `evaluation_completed`: the answer, but with the state under its other name [doc]. */
export function completedDataOf(evaluation: Evaluation) {
  const { eval_status: state, ...rest } = answerOf(evaluation);
  return { ...rest, evaluation_status: state };
}

function commonOf(evaluation: Evaluation) {
  const done = evaluation.state === 'evaluation_completed';
  return {
    id: evaluation.id,
    workflow: evaluation.request.workflow,
    workflow_id: uuidOf('workflow', evaluation.request.workflow),
    workflow_version: '7.2.0',
    eval_source: evaluation.source,
    eval_id: evaluation.evalId,
    eval_start_time: evaluation.startedAt,
    ...(evaluation.endedAt ? { eval_end_time: evaluation.endedAt } : {}),
    decision: evaluation.decision,
    decision_at: evaluation.decisionAt,
    status:
      evaluation.state === 'evaluation_failed' && evaluation.play.failedAs === 'status'
        ? 'FAILED'
        : evaluation.status,
    sub_status: evaluation.subStatus,
    tags: done && evaluation.tags.length === 0 && evaluation.useCase !== 'passive' ? null : evaluation.tags,
    notes: evaluation.notes,
    review_queues:
      evaluation.play.reviewQueues ?? (evaluation.decision === 'REVIEW' ? ['Candidates to check'] : []),
  };
}

function enrichmentsOf(evaluation: Evaluation): object[] {
  const enrichments: object[] = evaluation.outcome ? othersOf(evaluation, 'before') : [];
  if (evaluation.useCase === 'passive' && evaluation.outcome) enrichments.push(...passiveOf(evaluation));
  if (evaluation.capture || (evaluation.outcome && requestFailed(evaluation))) {
    enrichments.push(documentRequestOf(evaluation));
  }
  const verified = evaluation.useCase !== 'passive' || evaluation.capture;
  if (verified && evaluation.outcome && !requestFailed(evaluation)) {
    if (evaluation.play.result === 'one') {
      enrichments.push(
        ...otherResultsOf(evaluation, 'before'),
        verificationOf(evaluation),
        ...otherResultsOf(evaluation, 'after'),
      );
    }
    if (evaluation.useCase !== 'selfie') enrichments.push(imageRequestOf(evaluation));
  }
  if (evaluation.outcome) enrichments.push(...othersOf(evaluation, 'after'));
  return enrichments;
}

/** The customer's further steps. Their results are of no interest here; whether they worked is. */
function othersOf(evaluation: Evaluation, at: OtherEnrichment['at']): object[] {
  return evaluation.play.enrichments
    .filter((one) => one.at === at)
    .map(({ name, provider, module, statusCode, error, errorMessage, cached, attempts }) => ({
      enrichment_name: name,
      enrichment_endpoint: `https://enrichments.emulator.invalid/${module}`,
      enrichment_provider: provider,
      ...(statusCode === null ? {} : { status_code: statusCode }),
      request: { ...personOf(evaluation), modules: [module] },
      response:
        error === undefined && errorMessage === undefined && (statusCode ?? 200) < 400
          ? { referenceId: uuidOf(evaluation.evalId, name), [module]: { reasonCodes: [] } }
          : null,
      ...(error === undefined ? {} : { error }),
      ...(errorMessage === undefined ? {} : { error_message: errorMessage }),
      is_source_cache: cached,
      total_attempts: attempts,
    }));
}

/** Results of other documents, such as one that the candidate showed first. */
function otherResultsOf(evaluation: Evaluation, at: OtherEnrichment['at']): object[] {
  return evaluation.play.otherResults.flatMap(
    ({ at: place, decision, documentType, documentCountry }, index) => {
      if (place !== at) return [];
      const referenceId = evaluation.otherReferences[index];
      return [
        {
          enrichment_name: `Socure Document Verification - Flow ${index + 2}`,
          enrichment_endpoint: 'https://enrichments.emulator.invalid/verification',
          enrichment_provider: 'Socure',
          status_code: 200,
          request: {
            ...personOf(evaluation),
            docvTransactionToken: uuidOf(evaluation.evalId, 'other capture', String(index)),
            modules: ['documentverification'],
          },
          response: {
            customerProfile: profileOf(evaluation),
            documentVerification: {
              ...(decision === null ? {} : { decision: { name: 'standard', value: decision } }),
              documentType: typeOf(documentType, documentCountry, null),
              reasonCodes: [],
            },
            referenceId,
          },
          ...executed,
        },
      ];
    },
  );
}

/** RiskOS names what it has recognised, and leaves out the rest. */
function typeOf(type: string | null, country: string | null, state: string | null): object {
  return {
    ...(country === null ? {} : { country }),
    ...(state === null ? {} : { state }),
    ...(type === null ? {} : { type }),
  };
}

/** Without a capture session nothing is verified. */
function requestFailed({ play }: Evaluation): boolean {
  return play.error === 'docv_request_error';
}

/** A passive evaluation can step up to documents by itself. */
const flowNames = { passive: 'Default Flow', documents: 'Default Flow', selfie: 'Selfie Reverification' };
const executed = { is_source_cache: false, total_attempts: 1 };

function passiveOf(evaluation: Evaluation): object[] {
  const reasonCodes = evaluation.outcome?.reasonCodes ?? [];
  return [
    {
      enrichment_name: 'Socure Digital Intelligence',
      enrichment_endpoint: 'https://enrichments.emulator.invalid/digital-intelligence',
      enrichment_provider: 'Socure',
      status_code: 200,
      request: { ...personOf(evaluation), modules: ['digitalintelligence'] },
      response: {
        customerProfile: profileOf(evaluation),
        digitalIntelligence: {
          decision: { strategy: 'standard', value: evaluation.play.digitalIntelligence },
          reasonCodes: ['I401'],
        },
        referenceId: uuidOf(evaluation.evalId, 'digital intelligence'),
      },
      ...executed,
    },
    {
      enrichment_name: 'Socure Verify Plus',
      enrichment_endpoint: 'https://enrichments.emulator.invalid/verify-plus',
      enrichment_provider: 'Socure',
      status_code: 200,
      request: { ...personOf(evaluation), modules: ['verifyplus'] },
      response: {
        customerProfile: profileOf(evaluation),
        verifyPlus: { reasonCodes, matchLevel: reasonCodes.length === 0 ? 'high' : 'low' },
        referenceId: uuidOf(evaluation.evalId, 'verify plus'),
      },
      ...executed,
    },
  ];
}

function documentRequestOf(evaluation: Evaluation): object {
  const { capture } = evaluation;
  const name = `Socure Document Request - ${flowNames[evaluation.useCase]}`;
  const asked = evaluation.request.data.individual.docv?.config;
  const common = {
    enrichment_name: name,
    enrichment_endpoint: 'https://enrichments.emulator.invalid/documents/request',
    enrichment_provider: 'SocureDocRequest',
    request: {
      ...personOf(evaluation),
      config: { sendMessage: asked?.send_message ?? false, language: asked?.language ?? 'en-us' },
    },
  };
  if (!capture)
    return { ...common, status_code: 503, error: 'the capture session could not be created', ...executed };
  const finished =
    capture.screen === 'submitted' || capture.screen === 'declined' || capture.screen === 'expired';
  return {
    ...common,
    status_code: 200,
    response: {
      ...(finished ? { __third_party_name__: name } : {}),
      data: {
        docvTransactionToken: capture.token,
        eventId: capture.token,
        qrCode: capture.qrCode,
        url: capture.url,
      },
      referenceId: capture.referenceId,
      ...(finished ? { status: sessionStatus[capture.screen] } : {}),
    },
    ...executed,
  };
}

/** Only SESSION_COMPLETE is documented; the other two are [open]. */
const sessionStatus: Record<string, string> = {
  submitted: 'SESSION_COMPLETE',
  declined: 'CONSENT_DECLINED',
  expired: 'SESSION_EXPIRED',
};

function verificationOf(evaluation: Evaluation): object {
  const { outcome, play, request } = evaluation;
  const selfie = evaluation.useCase === 'selfie';
  const common = {
    enrichment_name: `Socure Document Verification - ${flowNames[evaluation.useCase]}`,
    enrichment_endpoint: 'https://enrichments.emulator.invalid/verification',
    enrichment_provider: 'Socure',
    request: {
      ...personOf(evaluation),
      docvTransactionToken: evaluation.capture?.token,
      modules: [selfie ? 'selfiereverification' : 'documentverification'],
    },
  };
  if (outcome?.error)
    return { ...common, status_code: 400, response: null, error: outcome.error, ...executed };
  const value =
    play.documentVerification === undefined
      ? (outcome?.decision.toLowerCase() ?? 'review')
      : play.documentVerification;
  const decision = (naming: 'name' | 'strategy') =>
    value === null ? {} : { decision: { [naming]: 'standard', value } };
  const reasonCodes = outcome?.reasonCodes ?? [];
  const digitalIntelligence = {
    decision: { strategy: 'standard', value: play.digitalIntelligence },
    reasonCodes: ['I401'],
  };
  const individual = request.data.individual;
  return {
    ...common,
    status_code: 200,
    response: {
      customerProfile: profileOf(evaluation),
      ...(selfie
        ? {
            selfieReverification: {
              ...decision('strategy'),
              digitalIntelligence,
              previousReferenceId: evaluation.previousReferenceId,
              reasonCodes,
            },
          }
        : {
            documentVerification: {
              ...decision('name'),
              digitalIntelligence,
              documentData: {
                firstName: individual.given_name,
                surName: individual.family_name,
                fullName: `${individual.given_name} ${individual.family_name}`,
                dob: individual.date_of_birth ?? '1991-04-23',
                documentNumber: 'EM-4471-0093',
                issueDate: '2021-06-01',
                expirationDate: '2031-05-31',
              },
              documentType: typeOf(play.documentType, play.documentCountry, play.documentState),
              reasonCodes,
            },
          }),
      referenceId: evaluation.referenceId,
    },
    is_source_cache: play.cached,
    total_attempts: play.attempts,
  };
}

function imageRequestOf(evaluation: Evaluation): object {
  const common = {
    enrichment_name: 'Socure Image Request - Default Flow',
    enrichment_endpoint: 'https://enrichments.emulator.invalid/documents/{referenceId}',
    enrichment_provider: 'SocureImageRequest',
    request: { referenceId: evaluation.referenceId },
    ...executed,
  };
  return evaluation.imagesAt === null
    ? { ...common, error_message: 'zip: not a valid zip file' }
    : {
        ...common,
        status_code: 200,
        response: { images: Object.keys(evaluation.capture?.pictures ?? {}).length },
      };
}

function profileOf(evaluation: Evaluation) {
  return { userId: evaluation.request.data.individual.id ?? null };
}

/** What RiskOS passes on to an enrichment; `ip_address` is read beside the individual only [seen]. */
function personOf(evaluation: Evaluation) {
  const { individual, ip_address } = evaluation.request.data;
  return {
    firstName: individual.given_name,
    surName: individual.family_name,
    email: individual.email,
    mobileNumber: individual.phone_number,
    physicalAddress: individual.address?.line_1,
    city: individual.address?.locality,
    state: individual.address?.major_admin_division,
    zip: individual.address?.postal_code,
    country: individual.address?.country,
    dob: individual.date_of_birth,
    nationalId: individual.national_id,
    ipAddress: ip_address,
    deviceSessionId: individual.di_session_token,
    parentTxnId: evaluation.evalId,
    riskOSId: evaluation.id,
    userId: individual.id,
    workflow: evaluation.request.workflow,
  };
}
