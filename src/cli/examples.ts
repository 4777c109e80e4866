/** What `--help` shows last: commands to copy. */
export function examples(...lines: string[]): string {
  return [
    '',
    lines.length > 1 ? 'Examples:' : 'Example:',
    ...lines.map((line) => `  $ candidate-funnel ${line}`),
  ].join('\n');
}
