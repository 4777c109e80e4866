import type { EvaluationRequest } from '../../../src/riskos/index.ts';
import type { Candidate } from '../../../src/contract/index.ts';

/** Answers of RiskOS as its documentation describes them, with this project's own values. */

export const evaluationId = 'app-1042~0a1b2c3d~document_verification~1';
export const evalId = '4f6d1c9e-8a52-4be1-9f63-07f1f0c2a7d1';
export const captureUrl = 'https://verify.socure.example/#/dv/9d7cf8b2';
export const captureToken = '9d7cf8b2-5c41-4a0e-b7f5-33a2b1d0c9e8';
export const baselineId = '2f0c9d1e-6b7a-4f3d-8c21-b0a9f8e7d6c5';

export type Json = Record<string, unknown>;

export const person: Candidate = {
  givenName: 'Robin',
  familyName: 'Quill',
  email: 'robin.quill@example.com',
  phoneNumber: '+14155550142',
  diSessionToken: 'di-session-token',
};

export const address = {
  line1: '12 Harbour Lane',
  line2: 'Flat 3',
  locality: 'Portland',
  minorAdminDivision: 'Multnomah',
  majorAdminDivision: 'OR',
  country: 'US',
  postalCode: '97201',
};

export const complete = { ...person, address, dateOfBirth: '1991-07-14', nationalId: '123456789' };

export const documentRequest: EvaluationRequest = {
  useCase: 'document_verification',
  evaluationId,
  candidate: person,
};
export const passiveRequest: EvaluationRequest = {
  useCase: 'passive',
  evaluationId,
  candidate: { ...person, address },
};

export function answer(changes: Json = {}): Json {
  return {
    id: evaluationId,
    workflow: 'workforce_verification',
    workflow_id: '7a1f9f0e-4f5b-4b60-9a57-1f1f55b2c001',
    workflow_version: '3.1.0',
    eval_source: 'API',
    eval_id: evalId,
    eval_start_time: '2026-03-02T10:00:00.123456789Z',
    eval_end_time: '2026-03-02T10:00:00.923456789Z',
    status: 'CLOSED',
    sub_status: 'Accept',
    tags: [],
    notes: '',
    review_queues: [],
    data_enrichments: [],
    environment_name: 'Sandbox',
    ...changes,
  };
}

export function completed(changes: Json = {}): Json {
  return answer({
    eval_status: 'evaluation_completed',
    decision: 'ACCEPT',
    decision_at: '2026-03-02T10:00:00.923456789Z',
    ...changes,
  });
}

export function paused(changes: Json = {}): Json {
  return answer({
    eval_status: 'evaluation_paused',
    decision: 'REVIEW',
    status: 'ON_HOLD',
    sub_status: '',
    ...changes,
  });
}

export function captureRequest(changes: Json = {}): Json {
  return {
    enrichment_name: 'Socure Document Request - Default Flow',
    enrichment_endpoint: 'https://service.socure.example/api/5.0/documents/request',
    enrichment_provider: 'SocureDocRequest',
    status_code: 200,
    response: {
      data: {
        url: captureUrl,
        qrCode: 'data:image/png;base64,QRCANARY',
        docvTransactionToken: captureToken,
        eventId: captureToken,
      },
      referenceId: 'reference-of-the-document-request',
    },
    is_source_cache: false,
    total_attempts: 1,
    ...changes,
  };
}

export function verification(module: Json = {}, changes: Json = {}): Json {
  return {
    enrichment_name: 'Socure Document Verification - Default Flow',
    enrichment_provider: 'Socure',
    status_code: 200,
    request: { docvTransactionToken: captureToken, firstName: 'Robin', email: 'robin.quill@example.com' },
    response: {
      customerProfile: { userId: 'user-1' },
      documentVerification: {
        decision: { name: 'standard', value: 'accept' },
        documentData: { firstName: 'Robin', surName: 'Quill', dob: '1991-07-14' },
        documentType: { country: 'USA', state: 'OR', type: 'Drivers License' },
        digitalIntelligence: { decision: { strategy: 'standard', value: 'accept' }, reasonCodes: ['I401'] },
        reasonCodes: ['I831', 'I836'],
        ...module,
      },
      referenceId: baselineId,
    },
    ...changes,
  };
}

export function selfie(module: Json = {}): Json {
  return {
    enrichment_name: 'Socure Document Verification - Selfie Reverification',
    enrichment_provider: 'Socure',
    status_code: 200,
    response: {
      referenceId: 'reference-of-the-selfie',
      selfieReverification: {
        previousReferenceId: baselineId,
        decision: { strategy: 'standard', value: 'accept' },
        reasonCodes: ['I834', 'I836'],
        digitalIntelligence: { decision: { strategy: 'standard', value: 'review' }, reasonCodes: ['I401'] },
        ...module,
      },
    },
  };
}

export function imageRequest(changes: Json = {}): Json {
  return {
    enrichment_name: 'Socure Image Request - Default Flow',
    enrichment_provider: 'SocureImageRequest',
    error_message: 'zip: not a valid zip file',
    ...changes,
  };
}
