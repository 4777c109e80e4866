import type { ImagesStatus } from '../../src/contract/index.ts';

/** What a retention workflow says of three archived images whose time is over. */
export const deletedImages: ImagesStatus = {
  applicationId: 'app-1',
  evaluationId: 'app-1~0a1b2c3d~document_verification~1',
  state: 'ended',
  result: 'deleted',
  count: 3,
  attachments: 0,
  keepUntil: null,
  hold: null,
  action: null,
  trouble: null,
};
