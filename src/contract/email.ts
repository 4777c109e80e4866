import { z } from 'zod';

/**
 * An e-mail address as RiskOS takes it, in ASCII: the part before the @ is a dot-atom of RFC 5322, and an international
 * domain becomes its punycode.
 */
export const email = z
  .string()
  .trim()
  .overwrite(withAsciiDomain)
  .check((context) => {
    const message = faultOf(context.value);
    if (message !== undefined) context.issues.push({ code: 'custom', message, input: context.value });
  })
  .meta({ maxLength: 254, pattern: '^[^@\\s]+@[^@\\s]+$' });

const example = 'such as "name@example.com"';
const atom = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+$/;
const label = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;

function faultOf(value: string): string | undefined {
  const at = value.lastIndexOf('@');
  if (at < 1 || at === value.length - 1) return `must be an e-mail address ${example}`;
  const [local, domain] = [value.slice(0, at), value.slice(at + 1)];
  if (/\P{ASCII}/u.test(local)) {
    return 'must have ASCII letters only before the @, which is all that RiskOS takes; write the ASCII address of this mailbox';
  }
  if (local.length > 64 || !local.split('.').every((part) => atom.test(part))) {
    return `must be an e-mail address ${example}; before the @, up to 64 letters, digits and !#$%&'*+/=?^_\`{|}~- with single dots between them`;
  }
  const labels = domain.split('.');
  if (value.length > 254) return 'must have at most 254 characters';
  if (
    labels.length < 2 ||
    !labels.every((part) => label.test(part)) ||
    /^[0-9]+$/.test(labels.at(-1) ?? '')
  ) {
    return `must be an e-mail address ${example}; what follows the @ must be the name of a domain`;
  }
  return undefined;
}

/** Letters, marks and digits of any script, hyphens and dots: nothing that a URL would read as anything but a host. */
const international = /^(?=.*\P{ASCII})[\p{Letter}\p{Mark}\p{Number}.\u30fb\u3002\u00b7-]+$/u;

function withAsciiDomain(value: string): string {
  const at = value.lastIndexOf('@');
  const domain = value.slice(at + 1);
  if (at < 0 || !international.test(domain)) return value;
  const url = `http://${domain}/`;
  return URL.canParse(url) ? `${value.slice(0, at)}@${new URL(url).hostname}` : value;
}
