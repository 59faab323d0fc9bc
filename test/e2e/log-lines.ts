/** Looks for what programs can not read in the logs of a stack's services. */
import { readFile } from 'node:fs/promises';
import type { Stack } from '../../infra/dev/stack.ts';

/** `<service>: <line>` of every line that is no JSON object. */
export async function findOtherLines(stack: Stack): Promise<string[]> {
  const { parts } = await stack.record();
  const services = parts.filter(({ kind }) => kind === 'service');
  if (services.length < 5) throw new Error(`${services.length} services only`);
  const found: string[] = [];
  for (const { name } of services) {
    const text = await readFile(stack.home.logFile(name), 'utf8');
    if (text === '') throw new Error(`the log of ${name} is empty`);
    for (const line of text.trimEnd().split('\n')) if (!isObject(line)) found.push(`${name}: ${line}`);
  }
  return found;
}

function isObject(line: string): boolean {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null;
  } catch {
    return false;
  }
}
