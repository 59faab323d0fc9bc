import type { Part } from './part.ts';
import { isSameProcessAlive } from './process/process-identity.ts';
import type { Exit, PartRecord, StackRecord } from './stack-record.ts';

/** One line of `pratique status`. */
export interface PartStatus {
  readonly name: string;
  readonly kind: PartRecord['kind'];
  readonly address: string;
  readonly version: string;
  readonly healthy: boolean;
  /** Why it is not healthy. */
  readonly reason?: string;
  /** Since when it has not answered those who need it, as the services remember (RFC 3339). */
  readonly since?: string;
  /** Null for a server that somebody else runs, and for one that has ended. */
  readonly pid: number | null;
  readonly log: string;
  /** How often it was started again since `up`. */
  readonly restarts: number;
  /** How the process before this one ended, or this one; the log of the one before is `<log>.1`. */
  readonly lastExit: Exit | null;
}

/** Asks one recorded part how it is; `part` is undefined when this version knows no such part. */
export async function statusOf(
  recorded: PartRecord,
  part: Part | undefined,
  connection: StackRecord['connection'],
): Promise<PartStatus> {
  const { name, kind, address, version, log, process, restarts = 0, lastExit = null, gaveUp = false } = recorded;
  const alive = process === null || isSameProcessAlive(process);
  const base = {
    name,
    kind,
    address,
    version,
    log,
    restarts,
    lastExit,
    pid: process !== null && alive ? process.pid : null,
  };
  if (!alive) {
    const reason = gaveUp ? 'it ended quickly again and again: not started again' : 'its process has ended';
    return { ...base, healthy: false, reason };
  }
  if (part === undefined) return { ...base, healthy: false, reason: 'unknown to this version' };
  try {
    await part.checkHealth({ ports: recorded.ports, connection });
    return { ...base, healthy: true };
  } catch (error) {
    return { ...base, healthy: false, reason: error instanceof Error ? error.message : String(error) };
  }
}

/** What the services know of one another and of the servers: for each part that does not answer, since when at the earliest. */
export async function wrongSince(
  recorded: readonly PartRecord[],
  parts: readonly Part[],
): Promise<ReadonlyMap<string, string>> {
  const earliest = new Map<string, string>();
  await Promise.all(
    recorded.map(async ({ name, ports }) => {
      const service = parts.find((part) => part.name === name);
      // One that can not say is itself among those that are not healthy.
      const told = await service?.wrongSince?.(ports).catch(() => undefined);
      for (const [other, at] of Object.entries(told ?? {})) {
        const known = earliest.get(other);
        if (known === undefined || at < known) earliest.set(other, at);
      }
    }),
  );
  return earliest;
}
