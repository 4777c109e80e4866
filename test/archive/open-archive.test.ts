import { bech32 } from '@scure/base';
import { Decrypter, Encrypter } from 'age-encryption';
import { describe, expect, test } from 'vitest';
import { ArchiveError, createArchiveKey, openArchive } from '../../src/archive/index.ts';

const url = 'file:///var/lib/candidate-funnel/archive';

describe('openArchive', () => {
  test('takes a file URL, with escapes, and several public keys', async () => {
    const keys = await Promise.all([createArchiveKey(), createArchiveKey()]);
    const recipients = keys.map((key) => key.recipient);
    expect(openArchive({ url: 'file:///var/lib/candidate%20funnel/', recipients })).toBeDefined();
  });

  test('takes an S3 URL, and asks nobody yet', async () => {
    const { recipient } = await createArchiveKey();
    const s3 = 's3://bucket/a/b?endpoint=http://127.0.0.1:1&region=eu-central-1&sse=aws:kms&kms-key=alias/a';
    expect(openArchive({ url: s3, recipients: [recipient] })).toBeDefined();
  });

  test.each([
    ['s3://bucket/prefix?endpoint=x', 'endpoint must be'],
    ['s3://bucket?region=eu-central-1&secret=x', 'unknown query field'],
    ['s3://key:secret@bucket/prefix', 'no credentials'],
    ['s3://B_/prefix', 'name a bucket'],
    ['s3://bucket/%2e%2e/x?region=a&region=b', 'twice'],
    ['s3://bucket/a b', 'prefix of'],
    ['s3://bucket?kms-key=x', 'sse=aws:kms'],
    ['', 'file:///absolute/folder'],
    ['/var/archive', 'file:///absolute/folder'],
    ['file:archive', 'three slashes'],
    ['file://archive', 'three slashes'],
    ['file://server/archive', 'three slashes'],
    ['https://example.com/archive', 'file:///absolute/folder'],
    ['file:///archive?endpoint=x', '%3F'],
    ['file:///archive#1', '%23'],
    ['file:///a%2Fb', '%2F'],
    ['file:///a%00b', '%00'],
    ['file:///a%zz', '% escape'],
    ['file:///', 'not the root'],
    ['file:///a/..', 'not the root'],
  ])('refuses the URL "%s"', async (wrong, says) => {
    const { recipient } = await createArchiveKey();
    expect(() => openArchive({ url: wrong, recipients: [recipient] })).toThrow(
      expect.objectContaining({ type: 'InvalidArchiveUrl', message: expect.stringContaining(says) }),
    );
  });

  test('refuses to work without a public key', () => {
    expect(() => openArchive({ url, recipients: [] })).toThrow(
      expect.objectContaining({ type: 'InvalidRecipient', message: expect.stringContaining('at least one') }),
    );
  });

  test('says which public key is wrong', async () => {
    const { recipient } = await createArchiveKey();
    const typo = recipient.slice(0, -1) + (recipient.endsWith('q') ? 'p' : 'q');
    // With these X25519 keys, everybody knows the secret (RFC 7748, 6.1).
    const known = [0, 1].map((first) =>
      bech32.encodeFromBytes('age', Uint8Array.of(first, ...Array(31).fill(0))),
    );
    for (const wrong of [typo, ` ${recipient}`, `"${recipient}"`, 'ssh-ed25519 AAAA', '', ...known]) {
      expect(() => openArchive({ url, recipients: [recipient, wrong] })).toThrow(
        expect.objectContaining({
          type: 'InvalidRecipient',
          message: expect.stringContaining('Recipient 2 of 2'),
        }),
      );
    }
  });

  test('refuses a secret key in place of a public one, and does not repeat it', async () => {
    const { identity } = await createArchiveKey();
    const open = () => openArchive({ url, recipients: [identity] });
    expect(open).toThrow(
      expect.objectContaining({ type: 'InvalidRecipient', message: expect.stringContaining('secret key') }),
    );
    expect(open).toThrow(
      expect.objectContaining({
        message: expect.not.stringContaining(identity.slice('AGE-SECRET-KEY-'.length)),
      }),
    );
  });

  test.each([
    { files: 0 },
    { files: 1001 },
    { fileBytes: -1 },
    { totalBytes: 1.5 },
    { ratio: Number.NaN },
    { files: Infinity },
  ])('refuses the caps %o', async (limits) => {
    const { recipient } = await createArchiveKey();
    expect(() => openArchive({ url, recipients: [recipient], limits })).toThrow(ArchiveError);
    expect(() => openArchive({ url, recipients: [recipient], limits })).toThrow(
      `limits.${Object.keys(limits)[0]}`,
    );
  });
});

test('createArchiveKey makes a pair that fits together, and another each time', async () => {
  const { identity, recipient } = await createArchiveKey();
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  expect(await decrypter.decrypt(await encrypter.encrypt('picture'), 'text')).toBe('picture');
  expect((await createArchiveKey()).identity).not.toBe(identity);
});
