import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import type { PortPlan } from './stack-connection.ts';
import { StackError } from './stack-error.ts';
import type { StackHome } from './stack-home.ts';

const recordedPorts = z.record(z.string(), z.record(z.string(), z.number().int().min(1).max(65_535)));

/** By part, then by role: the ports that the stack was last healthy on. */
type RecordedPorts = z.infer<typeof recordedPorts>;

/** `ports.json`, which stays after `down`; empty where no stack was ever healthy here. Throws RECORD_UNREADABLE. */
export function readRecordedPorts({ portsFile }: StackHome): RecordedPorts {
  let text: string;
  try {
    text = readFileSync(portsFile, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
  try {
    return recordedPorts.parse(JSON.parse(text));
  } catch {
    throw new StackError('RECORD_UNREADABLE', `${portsFile} does not name ports by part and role`, {
      hint: 'mend it, with the port of the registry at least: {"registry":{"main":5000}}; what was signed names it. Deleted, it is written anew',
    });
  }
}

/** Of a healthy stack: a failed `up` may have moved to ports that nothing was signed with. Parts it does not name keep theirs. */
export function recordPorts(home: StackHome, ports: PortPlan): void {
  const known = readRecordedPorts(home);
  const all = { ...known };
  for (const [part, roles] of ports) all[part] = { ...known[part], ...roles };
  const staged = `${home.portsFile}.new`;
  writeFileSync(staged, `${JSON.stringify(all, null, 2)}\n`);
  renameSync(staged, home.portsFile);
}
