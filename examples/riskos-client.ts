import { writeFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { createRiskosClient, type EvaluationRequest, retryDelay, RiskosError } from 'candidate-funnel/riskos';

const riskos = createRiskosClient({
  baseUrl: process.env['RISKOS_BASE_URL'] ?? 'https://riskos.sandbox.socure.com',
  apiKey: process.env['RISKOS_API_KEY'] ?? '',
  environment: 'Sandbox',
  workflow: process.env['RISKOS_WORKFLOW'] ?? 'workforce_verification',
});

// A payroll setup without `nationalId` would not compile here, and would not be sent either.
const request: EvaluationRequest = {
  useCase: 'document_verification',
  evaluationId: `example-${Date.now()}`,
  candidate: {
    givenName: 'Robin',
    familyName: 'Quill',
    email: 'robin.quill@example.com',
    phoneNumber: '+14155550142',
    diSessionToken: 'session-token-of-the-candidates-browser',
  },
  documents: { sendMessage: false, language: 'en-us' },
};

/** Retries while it can help and cannot do anything twice. */
async function persistent<Result>(call: () => Promise<Result>, attempt = 1): Promise<Result> {
  try {
    return await call();
  } catch (error) {
    const delay = error instanceof RiskosError && attempt < 5 ? retryDelay(error, attempt) : undefined;
    if (delay === undefined) throw error;
    await setTimeout(delay);
    return persistent(call, attempt + 1);
  }
}

try {
  let evaluation = await persistent(() => riskos.create(request));
  if (evaluation.pausedFor === 'capture') process.stdout.write(`Open on a phone: ${evaluation.url}\n`);
  while (evaluation.state !== 'completed') {
    await setTimeout(5000);
    const { evalId } = evaluation;
    evaluation = await persistent(() => riskos.get(evalId));
  }
  process.stdout.write(`${evaluation.decision}: ${evaluation.advice.map(({ text }) => text).join(' ')}\n`);

  const { evalId } = evaluation;
  const documents = await persistent(() => riskos.documents(evalId));
  if (documents.kind === 'zip') await writeFile(`${evalId}.zip`, documents.bytes);
} catch (error) {
  if (!(error instanceof RiskosError)) throw error;
  process.stderr.write(`${error.type}: ${error.message}. What to do: ${error.action}.\n`);
  if (error.evalId) process.stderr.write(`The evaluation exists in RiskOS: ${error.evalId}\n`);
  process.exitCode = 1;
} finally {
  await riskos.close();
}
