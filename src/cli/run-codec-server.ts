import type { z } from 'zod';
import { type Authentication, createCodecServer, createKeyCipher } from '../codec/server/index.ts';
import { codecServerSettings, readSettings } from '../config.ts';
import { createLogger } from '../logging.ts';
import { createProcessLogger } from './process-log.ts';
import { dispatcherOfSettings, fetchThrough } from '../network.ts';
import { checkKeyStore, keyStoreAt } from './payload-keys.ts';
import { stopRequested } from './process.ts';

export async function runCodecServer(): Promise<void> {
  const settings = readSettings(codecServerSettings);
  const logger = createProcessLogger('codec-server');
  // Whatever LOG_LEVEL says: who read what is not to be lost.
  const auditLog = createLogger('codec-server', { environment: { LOG_LEVEL: 'info' } });
  const store = keyStoreAt(settings);
  await checkKeyStore(store, logger);
  const server = await createCodecServer({
    cipher: createKeyCipher(store),
    authentication: authenticationOf(settings),
    origins: settings.CODEC_ORIGINS,
    trustedProxies: settings.CODEC_TRUSTED_PROXIES,
    limits: { requestsPerSecondOfIdentity: settings.CODEC_REQUESTS_PER_SECOND },
    // The JWKS comes through the same proxy as all else.
    fetch: fetchThrough(dispatcherOfSettings()),
    logger,
    audit: (line) => auditLog.info(line, 'audit'),
  });
  const address = await server.listen({ host: settings.CODEC_HOST, port: settings.CODEC_PORT });
  logger.info({ address, auth: [settings.CODEC_AUTH] }, 'codec server listens');
  if (settings.CODEC_AUTH === 'off') {
    logger.warn(
      {},
      'CODEC_AUTH=off: whoever reaches this address of this machine can decrypt every candidate',
    );
  }
  await stopRequested('codec server', { finishes: 'the requests that are under way', logger });
  await server.close();
  store.close();
  logger.info({}, 'codec server stopped');
}

function authenticationOf(settings: z.output<typeof codecServerSettings>): Authentication {
  const { CODEC_JWKS_URL: jwksUrl, CODEC_ISSUER: issuer, CODEC_AUDIENCE: audience } = settings;
  if (settings.CODEC_AUTH === 'off') return 'off';
  // The settings have them, or are refused; without them nobody has a token that counts.
  return {
    jwt: {
      jwksUrl: jwksUrl ?? '',
      issuer: issuer ?? '',
      audience: audience ?? [],
      algorithms: settings.CODEC_ALGORITHMS,
    },
    roles: {
      claim: settings.CODEC_ROLES_CLAIM,
      all: settings.CODEC_ROLES_ALL,
      status: settings.CODEC_ROLES_STATUS,
    },
  };
}
