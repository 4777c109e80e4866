import helmet from '@fastify/helmet';
import type { FastifyInstance } from 'fastify';
import { adminApi, type AdminParts } from './admin.ts';
import { answerErrors, type ApiParts, evaluationApi } from './api.ts';
import { css, script } from './pages/assets.ts';
import { capturePage } from './pages/capture.ts';
import { dashboardPages } from './pages/dashboard.ts';
import { hostedPage } from './pages/hosted.ts';

/** Everything the emulator answers over HTTP; `save` is called before each answer that may tell of a change. */
export async function serve(
  app: FastifyInstance,
  parts: ApiParts & AdminParts & { save: () => void },
): Promise<void> {
  answerErrors(app);
  app.addHook('onSend', async (request) => {
    // What is answered is not forgotten.
    if (request.method !== 'GET') parts.save();
  });
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        formAction: ["'self'", 'http:', 'https:'],
        frameAncestors: ["'none'"],
      },
    },
    strictTransportSecurity: false,
  });
  await app.register(evaluationApi(parts), {
    prefix: '/api',
  });
  await app.register(adminApi(parts), { prefix: '/admin' });
  await app.register(capturePage(parts.engine), { prefix: '/capture' });
  await app.register(hostedPage(parts.engine), { prefix: '/hosted' });
  await app.register(dashboardPages(parts.engine));
  app.get('/assets/pages.css', async (_request, reply) => reply.type('text/css').send(css));
  app.get('/assets/pages.js', async (_request, reply) => reply.type('text/javascript').send(script));
  app.get('/favicon.ico', async (_request, reply) => reply.code(204).send());
  app.get('/livez', async () => ({ status: 'ok' }));
}
