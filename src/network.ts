import { type Dispatcher, EnvHttpProxyAgent, fetch, Pool } from 'undici';
import { networkSettings, readSettings } from './config.ts';

/** Makes what sends the HTTP requests to one origin, within these bounds of undici's. */
export type DispatcherOf = (
  origin: string,
  bounds: Pick<
    Pool.Options,
    'connections' | 'connectTimeout' | 'headersTimeout' | 'bodyTimeout' | 'pipelining'
  >,
) => Dispatcher;

type Environment = Record<string, string | undefined>;

/** Never sent to a proxy: the emulator, a receiver or a key set on this machine. */
const thisMachine = 'localhost,127.0.0.1,[::1]';

/**
 * Connects directly, or through the proxy that `HTTPS_PROXY` or `HTTP_PROXY` names unless `NO_PROXY` lists the host; the
 * names in lower case come first, as in other programs. A proxy gets a CONNECT, so it sees the host and nothing else.
 * Throws `WrongSetting`, which never repeats the value: it may hold a password.
 */
export function dispatcherOfSettings(environment: Environment = process.env): DispatcherOf {
  const { HTTPS_PROXY, HTTP_PROXY, NO_PROXY } = readSettings(networkSettings, {
    ...environment,
    HTTPS_PROXY: environment['https_proxy'] ?? environment['HTTPS_PROXY'],
    HTTP_PROXY: environment['http_proxy'] ?? environment['HTTP_PROXY'],
    NO_PROXY: environment['no_proxy'] ?? environment['NO_PROXY'],
  });
  if (HTTPS_PROXY === undefined && HTTP_PROXY === undefined) {
    return (origin, bounds) => new Pool(origin, bounds);
  }
  const noProxy = NO_PROXY === '*' ? NO_PROXY : [NO_PROXY, thisMachine].filter(Boolean).join(',');
  return (_, bounds) => {
    const timeout = { timeout: bounds.connectTimeout };
    return new EnvHttpProxyAgent({
      ...bounds,
      httpProxy: HTTP_PROXY ?? '',
      httpsProxy: HTTPS_PROXY ?? '',
      noProxy,
      // The bounds of a direct connection do not reach those to the proxy and through it.
      proxyTls: timeout,
      requestTls: timeout,
    });
  };
}

/** `fetch` through such a dispatcher, for libraries that take one; `jose` for a JWKS is one of them. */
export function fetchThrough(
  dispatcherOf: DispatcherOf,
): (url: string, init?: RequestInit) => Promise<Response> {
  const dispatchers = new Map<string, Dispatcher>();
  return async (url, { method = 'GET', headers, body, signal, redirect = 'manual' } = {}) => {
    const { origin } = new URL(url);
    const dispatcher = dispatchers.get(origin) ?? dispatcherOf(origin, { connections: 2 });
    dispatchers.set(origin, dispatcher);
    const answer = await fetch(url, {
      method,
      redirect,
      dispatcher,
      headers: Object.fromEntries(new Headers(headers)),
      ...(body == null ? {} : { body: await new Response(body).arrayBuffer() }),
      ...(signal ? { signal } : {}),
    });
    return new Response(await answer.arrayBuffer(), {
      status: answer.status,
      headers: Object.fromEntries(answer.headers),
    });
  };
}
