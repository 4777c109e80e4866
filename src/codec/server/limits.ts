import { defaultLimits as serverDefaults, type ServerLimits } from '../../http-server/limits.ts';

export interface CodecServerLimits extends ServerLimits {
  /** Payloads of one request. */
  payloads: number;
  /** Requests of one identity, on average over ten seconds. */
  requestsPerSecondOfIdentity: number;
  /** Milliseconds within which the keys must have been read. */
  keyTime: number;
}

/** A page of the Temporal UI sends about 35 requests of one payload each. */
export const defaultLimits: CodecServerLimits = {
  ...serverDefaults,
  // Temporal takes no message of more than 4 MiB; a funnel's are of some kilobytes.
  bodySize: 4 * 1024 * 1024,
  inFlight: 50,
  requestsPerSecond: 200,
  payloads: 1000,
  requestsPerSecondOfIdentity: 100,
  keyTime: 8000,
};
