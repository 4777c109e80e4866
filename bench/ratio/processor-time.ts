import { readFile } from 'node:fs/promises';

/** Milliseconds of processor time that a process has taken so far, all its threads together; Linux only. */
export async function processorTime(pid: number | undefined): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The name before the parenthesis may have spaces of its own.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
