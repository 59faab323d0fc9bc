import type { Stock } from '../../domain/sbom/component.ts';
import type { CliIo } from './io.ts';
import { printable } from './printable.ts';

const MAX_PLACES = 20;

/** Says on stderr which places of a source could not be read; nothing where all were. */
export function warnIncomplete(describe: string, { complete, unreadable }: Stock, io: CliIo): void {
  if (complete) return;
  io.err.write(`pratique: ${describe} was not read completely: components may be missing\n`);
  for (const { path, reason } of unreadable.slice(0, MAX_PLACES))
    io.err.write(`  ${printable(path)}: ${printable(reason)}\n`);
  if (unreadable.length > MAX_PLACES) io.err.write(`  and ${unreadable.length - MAX_PLACES} more\n`);
}
