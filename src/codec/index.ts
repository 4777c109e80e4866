export { type CodecOptions, createPayloadCodec } from './codec.ts';
export { CodecError, type CodecProblem, codecProblems } from './errors.ts';
export { cachedKeys } from './keys/cache.ts';
export { createKeyStore, type KeyCheck, type KeyFound, type KeyStore, type Tombstone } from './keys/store.ts';
export { ageWrapper, createPayloadIdentity, type KeyWrapper } from './keys/wrapper.ts';
export { type DataKey, type Label, labelOf, open, type Place, seal } from './payload.ts';
export { patientKeys } from './keys/patient.ts';
export { failureConverterPath } from './failure-converter-path.ts';
