/** Starts services that have ended again; says so when a server has, which only `up` starts again. */
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from './part.ts';
import { isSameProcessAlive, livedMs, type ProcessIdentity } from './process/process-identity.ts';
import { MAX_QUICK_DEATHS, RestartPolicy } from './restart-policy.ts';
import type { Stack } from './stack.ts';
import { StackError } from './stack-error.ts';
import { type PartRecord, readStackRecord, type StackRecord } from './stack-record.ts';

const POLL_MS = 1_000;
const MAX_WORDS = 200;

type DeadPart = PartRecord & { readonly process: ProcessIdentity };

/** One stack under watch. */
class Watch {
  readonly #stack: Stack;
  readonly #log: Log;
  readonly #signal: AbortSignal;
  readonly #policy = new RestartPolicy();
  /** By part: the death that was seen, and when it is to be started again; never for Infinity. */
  readonly #deaths = new Map<string, { readonly of: ProcessIdentity; readonly dueAt: number }>();

  constructor(stack: Stack, log: Log, signal: AbortSignal) {
    this.#stack = stack;
    this.#log = log;
    this.#signal = signal;
  }

  async look(record: StackRecord): Promise<void> {
    const dead = record.parts.filter(isDead);
    for (const part of dead) await this.#notice(part);
    // A service started without its servers dies again: that is not its fault, and does not count.
    if (!record.ready || dead.some(({ kind }) => kind === 'server')) return;
    for (const { name, process } of dead) {
      const death = this.#deaths.get(name);
      if (death !== undefined && Date.now() >= death.dueAt) await this.#revive(name, process);
    }
  }

  async #notice(part: DeadPart): Promise<void> {
    const { name, kind, process, log } = part;
    if (this.#deaths.get(name)?.of.pid === process.pid) return;
    const how = (await this.#stack.exitOf(process)) ?? (await lastWords(log));
    const delay = kind === 'service' ? this.#policy.died(name, livedMs(process)) : undefined;
    const gaveUp = kind === 'service' && delay === undefined;
    if (!(await this.#stack.noteExit(name, { at: new Date().toISOString(), how }, gaveUp))) return;
    this.#deaths.set(name, { of: process, dueAt: delay === undefined ? Infinity : Date.now() + delay });
    if (delay !== undefined) this.#log(`${name}: ended (${how}); starting it again in ${delay / 1000} s`);
    else if (gaveUp)
      this.#log(
        `${name}: ended quickly ${MAX_QUICK_DEATHS} times in a row (${how}): not started again; its log: ${log}`,
      );
    else this.#log(`${name}: ended (${how}); \`pratique up\` starts it again, and its services then; its log: ${log}`);
  }

  async #revive(name: string, process: ProcessIdentity): Promise<void> {
    try {
      await this.#stack.revive(name, this.#signal);
    } catch (error) {
      if (this.#signal.aborted) return;
      if (error instanceof StackError && error.code === 'START_FAILED') this.#log(error.message);
      else throw error;
    }
    // The next death of this part, also of one that did not become healthy, is another process's.
    const now = (await readStackRecord(this.#stack.home))?.parts.find((part) => part.name === name)?.process;
    if (now?.pid !== process.pid) this.#deaths.delete(name);
  }
}

function isDead(part: PartRecord): part is DeadPart {
  return part.process !== null && !isSameProcessAlive(part.process);
}

/** The end of its log, on one line: how a process that is not our child ended, nobody else can tell. */
async function lastWords(logFile: string): Promise<string> {
  const text = await readFile(logFile, 'utf8').catch(() => '');
  const line = text.trimEnd().split('\n').at(-1) ?? '';
  let words = line;
  try {
    const { msg, err } = JSON.parse(line) as { msg?: string; err?: { message?: string } };
    words = [msg, err?.message].filter((part) => part !== undefined).join(': ');
  } catch {
    // Not a line of our logger.
  }
  return words === '' ? 'it said nothing' : `its last words: ${words.slice(0, MAX_WORDS)}`;
}

/** Until `signal` is aborted, or somebody stops the stack. */
export async function superviseStack(stack: Stack, log: Log, signal: AbortSignal): Promise<void> {
  const watch = new Watch(stack, log, signal);
  while (!signal.aborted) {
    const record = await readStackRecord(stack.home);
    if (record === undefined) return;
    try {
      await watch.look(record);
    } catch (error) {
      // Somebody else starts or stops it just now: look again when they are done. After anything else too: without this
      // nobody starts anything again.
      if (!signal.aborted && !(error instanceof StackError && error.code === 'BUSY'))
        log(`looks again in ${POLL_MS / 1000} s: ${error instanceof Error ? error.message : String(error)}`);
    }
    await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
  }
}
