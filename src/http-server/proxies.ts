import { BlockList, isIP, isIPv6 } from 'node:net';
import { z } from 'zod';

/** One proxy or network of proxies. `0.0.0.0/0` would let everybody write their own address. */
export const trustedProxy = z
  .string()
  .refine((text) => networkOf(text) !== undefined, 'must be IP addresses or networks such as 10.0.0.0/8');

/** True for an address of a proxy whose `X-Forwarded-For` counts. Nobody is trusted that is not listed. */
export function createProxyCheck(proxies: readonly string[]): (address: string | undefined) => boolean {
  const trusted = new BlockList();
  for (const text of proxies) {
    const network = networkOf(text);
    if (!network) throw new TypeError('trustedProxies must be IP addresses or networks such as 10.0.0.0/8');
    trusted.addSubnet(network.address, network.prefix, familyOf(network.address));
  }
  return (address) => address !== undefined && isIP(address) > 0 && trusted.check(address, familyOf(address));
}

function networkOf(text: string): { address: string; prefix: number } | undefined {
  const [, address = '', given] = /^([^/%]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  if (isIP(address) === 0) return undefined;
  const longest = isIPv6(address) ? 128 : 32;
  const prefix = Number(given ?? longest);
  return prefix >= 1 && prefix <= longest ? { address, prefix } : undefined;
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv6(address) ? 'ipv6' : 'ipv4';
}
