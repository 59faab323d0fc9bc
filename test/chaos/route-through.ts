/** Puts something between our services and the registry: they are started anew with its address. */
import type { Stack } from '../../infra/dev/stack.ts';
import { type StackRecord, writeStackRecord } from '../../infra/dev/stack-record.ts';

/** Returns the record as it is then. A part that is restarted later gets the same address. */
export async function routeThrough(stack: Stack, registry: string): Promise<StackRecord> {
  const record = await stack.record();
  writeStackRecord(stack.home, { ...record, connection: { ...record.connection, registry } });
  for (const { name, kind } of record.parts) if (kind === 'service') await stack.restart(name);
  return stack.record();
}
