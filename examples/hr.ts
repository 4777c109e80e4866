import { createFunnelClient } from 'candidate-funnel';

const funnels = createFunnelClient(); // Temporal by TEMPORAL_ADDRESS, encryption through CODEC_URL and CODEC_TOKEN

const funnel = await funnels.startFunnel({
  applicationId: 'app-1043',
  candidate: {
    givenName: 'Robin',
    familyName: 'Quill',
    email: 'robin.quill@example.com',
    phoneNumber: '+14155550142',
    diSessionToken: 'session-token-of-the-candidates-browser',
    address: { line1: '12 Harbour Lane', locality: 'Portland', majorAdminDivision: 'OR', country: 'US' },
  },
});

for await (const status of funnel.watch()) {
  if (status.nextAction.kind === 'request_documents') await funnel.requestDocuments();
  if (status.nextAction.kind === 'show_capture_link') process.stdout.write(`${status.nextAction.url}\n`);
  if (status.stage === 'verified') break;
}
await funnels.close();
