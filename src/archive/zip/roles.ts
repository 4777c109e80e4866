/** What a file of RiskOS's ZIP shows. */
export const roles = ['document_front', 'document_back', 'selfie', 'other', 'attachment'] as const;
export type Role = (typeof roles)[number];

/** By file name, wherever it lies, since only one folder layout is documented [doc]. */
const patterns: readonly [RegExp, Role][] = [
  [/^(?:document_?front|doc_?front)/i, 'document_front'],
  [/^(?:document_?back|doc_?back)/i, 'document_back'],
  [/^(?:doc_?)?selfie/i, 'selfie'],
];

/** The role of a file by its path in the ZIP. What reviewers attached is an attachment, whatever its name. */
export function roleOf(path: string): Role {
  const segments = path.split('/');
  if (segments.slice(0, -1).some((segment) => segment.toLowerCase() === 'case_attachments')) {
    return 'attachment';
  }
  const name = segments.at(-1) ?? '';
  return patterns.find(([pattern]) => pattern.test(name))?.[1] ?? 'other';
}
