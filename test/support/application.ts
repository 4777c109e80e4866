import type { ApplicationInput } from '../../src/client/index.ts';

/** A valid application; the values are the project's own. */
export function exampleApplication(
  applicationId: string,
  more: Partial<ApplicationInput> = {},
): ApplicationInput {
  return {
    applicationId,
    candidate: {
      givenName: 'Robin',
      familyName: 'Quill',
      email: 'robin.quill@example.com',
      phoneNumber: '+14155550142',
      diSessionToken: 'di-session-of-robin',
      address: {
        line1: '12 Harbour Lane',
        locality: 'Portland',
        majorAdminDivision: 'OR',
        country: 'US',
        postalCode: '97201',
      },
    },
    ...more,
  };
}
