import { format, resolveConfig } from 'prettier';

/** A page of paragraphs, headings and tables, as prettier writes it. */
export async function pageOf(parts: readonly string[]): Promise<string> {
  return format(parts.join('\n\n'), {
    ...(await resolveConfig(new URL(import.meta.url))),
    parser: 'markdown',
  });
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n');
}

export function json(value: unknown): string {
  return ['```json', JSON.stringify(value, null, 2), '```'].join('\n');
}
