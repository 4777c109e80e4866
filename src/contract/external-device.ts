import { z } from 'zod';

const text = z.string().min(1).max(1024);
const time = z.iso.datetime({ offset: true, error: 'must be an RFC 3339 time' });

/** Device data of a third-party provider, for those who do not use Socure's Digital Intelligence [doc]. */
export const externalDevice = z.strictObject({
  id: text.optional().describe("The provider's id of the device."),
  session: text.optional().describe("The provider's id of the session."),
  fingerprint: text.optional().describe('The fingerprint of the device.'),
  fingerprintProvider: text.optional().describe('Who made the fingerprint, such as "FingerprintJS".'),
  userAgent: text.optional().describe("The browser's User-Agent header."),
  deviceType: z.enum(['mobile', 'desktop', 'tablet']).optional().describe('The kind of device.'),
  isKnown: z.boolean().optional().describe('Whether the provider has seen the device before.'),
  firstSeenTime: time.optional().describe('When the device was first seen (RFC 3339).'),
  lastSeenTime: time.optional().describe('When the device was last seen (RFC 3339).'),
  timezoneMismatch: z
    .boolean()
    .optional()
    .describe('Whether the time zones of device and IP address differ.'),
  ipAddress: z
    .union([z.ipv4(), z.ipv6()], { error: 'must be an IPv4 or IPv6 address' })
    .optional()
    .describe('The IPv4 or IPv6 address of the device.'),
  isIpBadProxy: z.boolean().optional().describe('Whether the provider calls the address a bad proxy.'),
  isIpProxy: z.boolean().optional().describe('Whether the address is a proxy.'),
  ipRiskScore: z.number().min(0).max(100).optional().describe('The risk of the address, from 0 to 100.'),
  ipIsp: text.optional().describe('The internet provider of the address.'),
  ipCountryCode: z
    .string()
    .regex(/^[A-Z]{2}$/, 'must be an ISO 3166-1 alpha-2 code such as "US"')
    .optional()
    .describe('The country of the address, as an ISO 3166-1 alpha-2 code.'),
  ipCity: text.optional().describe('The city of the address.'),
  ipRegion: text.optional().describe('The region of the address.'),
  isIpTor: z.boolean().optional().describe('Whether the address is an exit of the Tor network.'),
  isEmulator: z.boolean().optional().describe('Whether the device is an emulator.'),
});
