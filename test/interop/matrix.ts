/** What this run found: a line for each pair of who made something and who accepted it. `run.ts` writes docs/interop.md from it. */
import { appendFileSync } from 'node:fs';
import process from 'node:process';
import { it } from 'vitest';

export interface Cell {
  /** Program and version. */
  readonly peer: string;
  /** Whose it is: the other one accepts it. */
  readonly made: 'ours' | 'theirs';
  /** The command of the peer that accepted, or made, it. */
  readonly command: string;
  readonly what: string;
  readonly mode: 'key' | 'keyless' | 'OpenPGP key' | 'certificate';
  readonly format: 'bundle' | 'legacy tag' | 'detached signature' | 'JWS envelope' | 'COSE envelope';
  readonly where: 'registry with the referrers API' | 'registry without it' | 'OCI layout' | 'file';
}

export interface Result extends Cell {
  readonly accepted: boolean;
}

/** A test whose outcome is a cell of the matrix. */
export function itIsAccepted(cell: Cell, run: () => Promise<void>): void {
  it(`${cell.made} ${cell.what}: ${cell.peer} ${cell.command}`, async () => {
    try {
      await run();
      record({ ...cell, accepted: true });
    } catch (error) {
      record({ ...cell, accepted: false });
      throw error;
    }
  });
}

function record(result: Result): void {
  const file = process.env.PRATIQUE_INTEROP_RESULTS;
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(result)}\n`);
}
