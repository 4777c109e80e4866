import { type DevServerOptions, startDevServer } from './dev-server.ts';
import { findTemporal, type FindTemporalOptions } from './find-temporal.ts';

interface TemporalServer {
  /** host:port of the frontend. */
  address: string;
  uiUrl?: string;
  /** Stops what was started here; an existing server stays as it is. */
  stop(): Promise<void>;
  /** Whether it was started here. */
  started: boolean;
}

type EnsureTemporalOptions = FindTemporalOptions & Omit<DevServerOptions, 'binary'>;

/**
 * The server that `TEMPORAL_ADDRESS` names, untouched; without it, a dev server started for the caller. Rejects with
 * {@link TemporalNotFound} or {@link DevServerError}.
 */
export async function ensureTemporal(options: EnsureTemporalOptions): Promise<TemporalServer> {
  const address = options.env['TEMPORAL_ADDRESS']?.trim();
  if (address) return { address, started: false, stop: async () => {} };
  const binary = await findTemporal(options);
  const server = await startDevServer({ ...options, binary });
  return {
    address: server.address,
    ...(server.uiUrl === undefined ? {} : { uiUrl: server.uiUrl }),
    started: true,
    stop: () => server.stop(),
  };
}
