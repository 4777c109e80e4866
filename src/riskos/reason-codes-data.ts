import type { ReasonCodeTable } from './reason-code-table.ts';

const retakePhoto = {
  key: 'retake_document_photo',
  text: 'Take the photos of your document again: in good light, without glare or blur, with all four corners in the picture.',
};
const otherDocument = {
  key: 'use_another_document',
  text: 'This document cannot be used. Please use another government-issued document that is valid.',
};
const retakeSelfie = {
  key: 'retake_selfie',
  text: 'Take your selfie again: look straight into the camera, in good light, with nothing covering your face.',
};

const seen = { source: 'reported by integrators of document verification', grade: 'seen' } as const;
const photo = { advice: retakePhoto, ...seen };
const document = { advice: otherDocument, ...seen };
const selfie = { advice: retakeSelfie, ...seen };
const fraud = { neverCoach: true, ...seen } as const;
const good = { positive: true, ...seen } as const;

/** What the reason codes of document and selfie verification mean for the candidate. Configuration can replace it. */
export const reasonCodes: ReasonCodeTable = {
  I848: photo,
  I854: photo,
  R804: photo,
  R831: photo,
  R833: photo,
  R838: photo,

  I849: document,
  R827: document,
  R852: document,
  R853: document,
  R862: document,

  I856: selfie,
  R835: selfie,
  R850: selfie,
  R856: selfie,
  R857: selfie,

  R810: fraud,
  R815: fraud,
  R819: fraud,
  R820: fraud,
  R834: fraud,
  R836: fraud,
  R851: fraud,
  R858: fraud,
  R859: fraud,

  I831: good,
  I833: good,
  I834: good,
  I836: good,
};
