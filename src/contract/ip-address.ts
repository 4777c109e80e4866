import { z } from 'zod';

const [ipv4, ipv6] = [z.ipv4(), z.ipv6()];

/** The address of the candidate's device. An IPv4 address that a dual-stack server wrote as IPv6 becomes IPv4 again. */
export const ipAddress = z
  .string()
  .trim()
  .overwrite(unmapped)
  .refine(
    (text) => ipv4.safeParse(text).success || ipv6.safeParse(text).success,
    'must be an IPv4 or IPv6 address, such as "203.0.113.7"',
  )
  .meta({ anyOf: [{ format: 'ipv4' }, { format: 'ipv6' }] });

/** `::ffff:203.0.113.7`, in any spelling. */
function unmapped(text: string): string {
  if (!ipv6.safeParse(text).success) return text;
  const halves = /\[::ffff:(\w+):(\w+)\]/.exec(new URL(`http://[${text}]/`).hostname)?.slice(1);
  if (!halves) return text;
  return halves
    .map((half) => Number.parseInt(half, 16))
    .flatMap((half) => [half >> 8, half & 255])
    .join('.');
}
