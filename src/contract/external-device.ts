import { z } from 'zod';

const text = z.string().min(1).max(1024);
const time = z.iso.datetime({ offset: true, error: 'must be an RFC 3339 time' });

/** Device data of a third-party provider, for those who do not use Socure's Digital Intelligence [doc]. */
export const externalDevice = z.strictObject({
  id: text.optional(),
  session: text.optional(),
  fingerprint: text.optional(),
  /** Such as "FingerprintJS". */
  fingerprintProvider: text.optional(),
  userAgent: text.optional(),
  deviceType: z.enum(['mobile', 'desktop', 'tablet']).optional(),
  isKnown: z.boolean().optional(),
  firstSeenTime: time.optional(),
  lastSeenTime: time.optional(),
  timezoneMismatch: z.boolean().optional(),
  ipAddress: z.union([z.ipv4(), z.ipv6()], { error: 'must be an IPv4 or IPv6 address' }).optional(),
  isIpBadProxy: z.boolean().optional(),
  isIpProxy: z.boolean().optional(),
  /** 0 to 100. */
  ipRiskScore: z.number().min(0).max(100).optional(),
  ipIsp: text.optional(),
  ipCountryCode: z
    .string()
    .regex(/^[A-Z]{2}$/, 'must be an ISO 3166-1 alpha-2 code such as "US"')
    .optional(),
  ipCity: text.optional(),
  ipRegion: text.optional(),
  isIpTor: z.boolean().optional(),
  isEmulator: z.boolean().optional(),
});
