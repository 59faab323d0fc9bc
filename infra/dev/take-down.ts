import type { Log } from './part.ts';
import { stopProcess } from './process/stop-process.ts';
import { recordPorts } from './recorded-ports.ts';
import type { StackHome } from './stack-home.ts';
import { type PartRecord, removeStackRecord, type StackRecord, writeStackRecord } from './stack-record.ts';

/** A worker lets running activities end within this; Kafka and Temporal close their files in a second or two. */
const GRACE_MS = 15_000;

async function stopPart(part: PartRecord, log: Log): Promise<void> {
  if (part.process === null) return;
  const ended = await stopProcess(part.process, part.stopSignal, GRACE_MS);
  if (ended !== 'gone') log(`${part.name}: ${ended}`);
}

/** Stops the named parts of a record, services before the servers they use, and takes them out of the record. */
export async function takeDown(
  home: StackHome,
  record: StackRecord,
  log: Log,
  isChosen: (part: PartRecord) => boolean = () => true,
): Promise<StackRecord> {
  const chosen = record.parts.filter(isChosen);
  // A version that recorded no ports may have started it.
  if (record.ready) recordPorts(home, new Map(record.parts.map(({ name, ports }) => [name, ports])));
  for (const kind of ['service', 'server'] as const)
    await Promise.all(chosen.filter((part) => part.kind === kind).map((part) => stopPart(part, log)));
  const left = { ...record, parts: record.parts.filter((part) => !chosen.includes(part)) };
  if (left.parts.length === 0) await removeStackRecord(home);
  else writeStackRecord(home, left);
  return left;
}
