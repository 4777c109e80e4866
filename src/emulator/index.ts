import fastify, { type FastifyInstance, type FastifyReply, LogController } from 'fastify';
import { builtInScenarios } from './built-in-scenarios.ts';
import { createEngine } from './engine.ts';
import { createFaults } from './faults.ts';
import { emptyLedger, type Ledger } from './ledger.ts';
import { createNotifier } from './notifier.ts';
import { type EmulatorOptions, InvalidEmulatorOptions, readOptions } from './options.ts';
import { createRateLimit } from './rate-limit.ts';
import { scenarios } from './scenarios.ts';
import { serve } from './server.ts';
import { createStage } from './stage.ts';
import { readState, writeState } from './state.ts';
import { createWebhooks, type WebhookTarget, webhookTarget } from './webhooks.ts';

export { builtInScenarios } from './built-in-scenarios.ts';
export type { Ledger } from './ledger.ts';
export { type EmulatorOptions, InvalidEmulatorOptions } from './options.ts';
export type { Scenario } from './scenarios.ts';
export type { WebhookTarget } from './webhooks.ts';

export interface Emulator {
  url: string;
  port: number;
  /** A copy of what happened up to now. */
  ledger(): Ledger;
  /** Where webhooks go from now on, those that are being retried included. */
  setWebhook(target: WebhookTarget | undefined): void;
  close(): Promise<void>;
}

/**
 * A stand-in for RiskOS: its evaluation API, its webhooks, a capture page and a dashboard. Everything is kept in
 * memory, and in `stateFile` if there is one. Throws {@link InvalidEmulatorOptions}.
 */
export async function startEmulator(options: EmulatorOptions): Promise<Emulator> {
  const { logger = false, ...rest } = options;
  const settings = readOptions(rest);
  const app: FastifyInstance = fastify({
    ...(logger ? { loggerInstance: logger } : {}),
    forceCloseConnections: true,
    // Fastify's own answer repeats the address.
    frameworkErrors: (_error, _request, reply) => badRequest(reply),
    // One line for each request, with its route: an address may hold a link's token.
    logController: new LogController({ disableRequestLogging: true }),
  });
  app.addHook('onResponse', async ({ log, method, routeOptions }, { statusCode: status, elapsedTime }) => {
    const milliseconds = Math.round(elapsedTime);
    log.info({ method, route: routeOptions.url ?? '/', status, milliseconds }, 'request');
  });
  const { stateFile } = settings;
  const kept = stateFile === undefined ? undefined : stateOf(stateFile);
  const ledger = kept?.ledger ?? emptyLedger();
  const webhooks = createWebhooks({ target: settings.webhook, retry: settings.retry, ledger, onTried: save });
  const stage = createStage(settings.pace, (error) => app.log.error(error), save);
  const faults = createFaults(settings.seed);
  faults.replace(settings.faults);
  const rateLimiter = createRateLimit(Date.now, settings.rateLimit);
  let url = '';
  const engine = createEngine({
    scenarios: new Map(Object.entries({ ...scenarios.parse(builtInScenarios), ...settings.scenarios })),
    stage,
    notifier: createNotifier({ webhooks, faults, stage }),
    ledger,
    seed: settings.seed,
    publicUrl: () => settings.publicUrl?.replace(/\/+$/, '') ?? url,
    acceptForeignBaselines: settings.acceptForeignBaselines,
  });
  function save(): void {
    if (stateFile === undefined) return;
    try {
      writeState(stateFile, {
        version: 2,
        evaluations: [...engine.evaluations.values()],
        attempts: engine.attempts(),
        faultCounts: faults.counts(),
        ledger,
        outbox: webhooks.outbox(),
      });
    } catch (error) {
      app.log.error(error, 'the state could not be written; a restart would not know of what happens now');
    }
  }

  const environments = new Map(
    [settings.apiKey]
      .flat()
      .map((one) => (typeof one === 'string' ? [one, settings.environment] : [one.key, one.environment])),
  );

  const environmentOf = (key: string) => environments.get(key);
  await serve(app, { engine, ledger, faults, stage, rateLimiter, webhooks, environmentOf, save });
  url = await app.listen({ host: settings.host, port: settings.port });
  if (kept) {
    faults.restore(kept.faultCounts);
    engine.resume(kept.evaluations, kept.attempts);
    for (const event of kept.outbox) void webhooks.deliver(event);
  }
  return {
    url,
    port: Number(new URL(url).port),
    ledger: () => structuredClone(ledger),
    setWebhook: (target) => webhooks.setTarget(target && webhookTarget.parse(target)),
    async close() {
      stage.close();
      await webhooks.close();
      await app.close();
    },
  };
}

function badRequest(reply: FastifyReply): void {
  void reply.code(400).send({ message: 'Bad Request' });
}

/** Throws {@link InvalidEmulatorOptions} for a file that is something else. */
function stateOf(file: string) {
  try {
    return readState(file);
  } catch {
    throw new InvalidEmulatorOptions(
      `The emulator cannot start: stateFile: ${file} holds no state of this emulator; remove it to begin anew`,
    );
  }
}
