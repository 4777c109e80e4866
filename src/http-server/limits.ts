/** What one server takes upon itself, whoever sends. Times are in milliseconds. */
export interface ServerLimits {
  /** Bytes of a body, as sent and unpacked. */
  bodySize: number;
  /** Until the headers have arrived, from the first byte or, on a new connection, from its beginning. */
  headerTime: number;
  /** Until an authenticated body has arrived. */
  bodyTime: number;
  /** Until a whole request has arrived, whoever sends it. */
  requestTime: number;
  /** How long a refused request may go on, so that its sender can read the answer. */
  refusalTime: number;
  /** How long a connection may be idle; longer than the proxy's own time. */
  idleTime: number;
  connections: number;
  /** Not of trusted proxies. */
  connectionsPerAddress: number;
  /** Authenticated requests that are handled at the same time. */
  inFlight: number;
  /** Of one address, on average over ten seconds; of one /64 network with IPv6. */
  requestsPerSecond: number;
  /** The event loop's mean delay in the last second, above which requests are answered 503. */
  eventLoopDelay: number;
  /** How long requests that are under way may take after the server begins to close. */
  drainTime: number;
}

export const defaultLimits: ServerLimits = {
  bodySize: 1024 * 1024,
  headerTime: 5000,
  bodyTime: 8000,
  requestTime: 10_000,
  refusalTime: 1000,
  idleTime: 75_000,
  connections: 2000,
  connectionsPerAddress: 500,
  inFlight: 200,
  requestsPerSecond: 500,
  eventLoopDelay: 500,
  drainTime: 5000,
};
