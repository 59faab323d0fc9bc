import type { Part } from './part.ts';
import { isSameProcessAlive } from './process/process-identity.ts';
import type { PartRecord, StackRecord } from './stack-record.ts';

/** One line of `pratique status`. */
export interface PartStatus {
  readonly name: string;
  readonly kind: PartRecord['kind'];
  readonly address: string;
  readonly version: string;
  readonly healthy: boolean;
  /** Why it is not healthy. */
  readonly reason?: string;
  /** Null for a server that somebody else runs, and for one that has ended. */
  readonly pid: number | null;
  readonly log: string;
}

/** Asks one recorded part how it is; `part` is undefined when this version knows no such part. */
export async function statusOf(
  recorded: PartRecord,
  part: Part | undefined,
  connection: StackRecord['connection'],
): Promise<PartStatus> {
  const { name, kind, address, version, log, process } = recorded;
  const alive = process === null || isSameProcessAlive(process);
  const base = { name, kind, address, version, log, pid: process !== null && alive ? process.pid : null };
  if (!alive) return { ...base, healthy: false, reason: 'its process has ended' };
  if (part === undefined) return { ...base, healthy: false, reason: 'unknown to this version' };
  try {
    await part.checkHealth({ ports: recorded.ports, connection });
    return { ...base, healthy: true };
  } catch (error) {
    return { ...base, healthy: false, reason: error instanceof Error ? error.message : String(error) };
  }
}
