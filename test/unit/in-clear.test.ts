import { expect, onTestFinished, test, vi } from 'vitest';
import { createFunnelClient } from '../../src/client/index.ts';
import { exampleApplication } from '../support/application.ts';

/** Nobody listens at port 9. */
function clientWith(settings: Record<string, string>) {
  for (const name of ['CODEC_URL', 'CODEC_TOKEN', 'PAYLOAD_ENCRYPTION']) vi.stubEnv(name, undefined);
  vi.stubEnv('TEMPORAL_ADDRESS', '127.0.0.1:9');
  for (const [name, value] of Object.entries(settings)) vi.stubEnv(name, value);
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  const client = createFunnelClient({ deadline: 300 });
  onTestFinished(() => client.close());
  return client;
}

const application = exampleApplication('app-1');
const nothing = {
  type: 'WrongSetting',
  message: expect.stringMatching(/^app-1: nothing was sent.*CODEC_URL/),
};

test('without a codec, nothing personal is sent to Temporal unless a setting allows it', async () => {
  const client = clientWith({});
  await expect(client.startFunnel(application)).rejects.toMatchObject(nothing);
  await expect(client.funnel('app-1').submitOneTimeCode({ code: '123456' })).rejects.toMatchObject(nothing);
  await expect(client.funnel('app-1').withdraw()).rejects.toMatchObject({ type: 'Unreachable' });
});

test('PAYLOAD_ENCRYPTION=off allows it', async () => {
  const client = clientWith({ PAYLOAD_ENCRYPTION: 'off' });
  await expect(client.startFunnel(application)).rejects.toMatchObject({ type: 'Unreachable' });
});

test('the codec server that CODEC_URL names encrypts', async () => {
  const client = clientWith({ CODEC_URL: 'http://127.0.0.1:9' });
  await expect(client.startFunnel(application)).rejects.toMatchObject({
    message: expect.stringContaining('no answer from the codec server at http://127.0.0.1:9'),
  });
});

test('a CODEC_URL that cannot be used is named at once', () => {
  expect(() => clientWith({ CODEC_URL: 'http://codec.example' })).toThrow(/^CODEC_URL must be https/);
});
