import type { Stock, Unreadable } from '../../domain/sbom/component.ts';
import type { CliIo } from './io.ts';
import { printable } from './printable.ts';

const MAX_PLACES = 20;

/** Says on stderr which places of a source could not be read, and which details; nothing where all were. */
export function warnIncomplete(describe: string, { complete, unreadable, notes = [] }: Stock, io: CliIo): void {
  if (!complete) {
    io.err.write(`pratique: ${describe} was not read completely: components may be missing\n`);
    writePlaces(unreadable, io);
  }
  if (notes.length === 0) return;
  io.err.write(`pratique: ${describe}: no component is missing; of note\n`);
  writePlaces(notes, io);
}

function writePlaces(places: readonly Unreadable[], io: CliIo): void {
  for (const { path, reason } of places.slice(0, MAX_PLACES))
    io.err.write(`  ${printable(path)}: ${printable(reason)}\n`);
  if (places.length > MAX_PLACES) io.err.write(`  and ${places.length - MAX_PLACES} more\n`);
}
