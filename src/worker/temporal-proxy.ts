import type { NativeConnectionOptions } from '@temporalio/worker';

/**
 * The proxy to Temporal for a worker, whose native client reads no environment: that of the same variables which gRPC
 * for Node reads for our other processes, in lower case, `grpc_proxy` before `https_proxy` and `http_proxy`, unless
 * `no_grpc_proxy` or `no_proxy` has the end of the host's name. An address on this machine is reached directly.
 */
export function temporalProxy(
  address: string,
  environment: Record<string, string | undefined> = process.env,
): Pick<NativeConnectionOptions, 'proxy'> {
  const name = ['grpc_proxy', 'https_proxy', 'http_proxy'].find((one) => environment[one]);
  const host = address.replace(/:\d+$/, '');
  if (name === undefined || isHere(host) || isExcepted(host, environment)) return {};
  const text = environment[name] ?? '';
  const url = URL.canParse(text) ? new URL(text) : undefined;
  // gRPC for Node ignores any other, so the worker does not differ from the relay.
  if (url?.protocol !== 'http:') return {};
  const { hostname, port, username, password } = url;
  return {
    proxy: {
      type: 'http-connect',
      targetHost: `${hostname}:${port || '80'}`,
      ...(username
        ? { basicAuth: { username: decoded(username, name), password: decoded(password, name) } }
        : {}),
    },
  };
}

function decoded(text: string, setting: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new ProxyError(`${setting} has a user or a password that is not percent-encoded`);
  }
}

class ProxyError extends Error {
  readonly type = 'WrongSetting';
}

function isHere(host: string): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\])$/i.test(host);
}

function isExcepted(host: string, environment: Record<string, string | undefined>): boolean {
  const list = environment['no_grpc_proxy'] || environment['no_proxy'] || '';
  return list
    .split(',')
    .map((end) => end.trim())
    .some((end) => end !== '' && host.endsWith(end));
}
