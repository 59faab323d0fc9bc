import { renameSync, writeFileSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { z } from 'zod';
import { StackError } from './stack-error.ts';
import type { StackHome } from './stack-home.ts';

const processIdentity = z.object({ pid: z.number().int().positive(), startTime: z.string(), bootId: z.string() });

const connection = z.object({
  /** With password: never print it. */
  databaseUrl: z.string(),
  kafkaBrokers: z.string(),
  temporalAddress: z.string(),
  temporalNamespace: z.string(),
  temporalUi: z.string(),
  registry: z.string(),
  gatewayUrl: z.string(),
});

const exit = z.object({
  /** RFC 3339: when it was noticed. */
  at: z.string(),
  /** `SIGKILL`, `exit code 1`, or its last words. */
  how: z.string(),
});

const partRecord = z.object({
  name: z.string(),
  kind: z.enum(['server', 'service']),
  address: z.string(),
  version: z.string(),
  ports: z.record(z.string(), z.number().int()),
  /** Null for a server that somebody else runs. */
  process: processIdentity.nullable(),
  stopSignal: z.enum(['SIGTERM', 'SIGINT']),
  log: z.string(),
  /** How often the supervisor started it again since `up`. */
  restarts: z.number().int().optional(),
  lastExit: exit.optional(),
  /** True where it died quickly so often that nobody starts it again. */
  gaveUp: z.boolean().optional(),
});

const stackRecord = z.object({
  format: z.literal(1),
  /** The foreground `up` that stops everything when it ends; null when the stack was detached from it. */
  supervisor: processIdentity.nullable(),
  /** The process beside a detached stack that starts services again when they end. */
  keeper: processIdentity.optional(),
  /** False until every part was healthy once and every preparation step ran. */
  ready: z.boolean(),
  connection,
  parts: z.array(partRecord),
});

/** How clients reach the servers; `host:port` without a scheme unless the name says URL. */
export type Connection = z.infer<typeof connection>;
export type Exit = z.infer<typeof exit>;
export type PartRecord = z.infer<typeof partRecord>;
/** What one stack folder says about its running processes (`stack.json`). */
export type StackRecord = z.infer<typeof stackRecord>;

/** Undefined when nothing was started here. Throws a StackError when the file is not ours to read. */
export async function readStackRecord(home: StackHome): Promise<StackRecord | undefined> {
  let text: string;
  try {
    text = await readFile(home.recordFile, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return stackRecord.parse(JSON.parse(text));
  } catch {
    throw new StackError('RECORD_UNREADABLE', `${home.recordFile} is not a stack record of this version`, {
      hint: 'stop its processes (their logs are beside it), then delete the file',
    });
  }
}

/** Synchronous, so that no started process can go unrecorded between two turns of the event loop. */
export function writeStackRecord(home: StackHome, record: StackRecord): void {
  const staged = `${home.recordFile}.new`;
  writeFileSync(staged, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 });
  renameSync(staged, home.recordFile);
}

/** Called when nothing of the record runs any more. */
export async function removeStackRecord(home: StackHome): Promise<void> {
  await rm(home.recordFile, { force: true });
}
