import process from 'node:process';
import type { InstalledPart, Log, Part } from './part.ts';
import type { PrepareStep } from './prepare.ts';
import { arePortsFree, type PortClaims } from './process/port-claims.ts';
import { identifyProcess, type ProcessIdentity } from './process/process-identity.ts';
import type { StartedProcess } from './process/start-process.ts';
import { readRecordedPorts, recordPorts } from './recorded-ports.ts';
import { runLanes } from './run-lanes.ts';
import { connectionOf } from './stack-connection.ts';
import { StackError } from './stack-error.ts';
import type { StackHome } from './stack-home.ts';
import { type Connection, type PartRecord, type StackRecord, writeStackRecord } from './stack-record.ts';
import { startPart } from './start-part.ts';

const BIND_ATTEMPTS = 3;

/** Everything one `up` works with. */
export interface BringUp {
  readonly home: StackHome;
  readonly cacheDir: string;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly databaseUrl: string | undefined;
  readonly servers: readonly Part[];
  readonly services: readonly Part[];
  /** Healthy parts of an earlier `up`, left as they are. */
  readonly kept: readonly PartRecord[];
  /** Preferred ports by part; changed when another process was faster. */
  readonly ports: Map<string, Readonly<Record<string, number>>>;
  /** Holds the ports of what does not listen yet. */
  readonly claims: PortClaims;
  /** Called while the servers start: it loads the clients of all of them, which takes as long as a small server does. */
  readonly loadLanes: () => Promise<readonly (readonly PrepareStep[])[]>;
  /** Who stops the stack when it ends; null when nobody does. */
  readonly supervisor: ProcessIdentity | null;
  /** Told of every process that was started. */
  readonly onStarted: (started: StartedProcess) => void;
}

/** The record of a running `up`: each started process is on disk before anything else can fail. */
class LiveRecord {
  readonly #run: BringUp;
  #record: StackRecord;

  constructor(run: BringUp, connection: Connection) {
    this.#run = run;
    const starter = run.supervisor ?? identifyProcess(process.pid) ?? null;
    this.#record = { format: 1, supervisor: starter, ready: false, connection, parts: [...run.kept] };
  }

  get record(): StackRecord {
    return this.#record;
  }

  update(change: Partial<StackRecord>): void {
    this.#record = { ...this.#record, ...change };
    writeStackRecord(this.#run.home, this.#record);
  }

  add(part: PartRecord): void {
    this.update({ parts: [...this.#record.parts.filter(({ name }) => name !== part.name), part] });
  }

  remove(name: string): void {
    this.update({ parts: this.#record.parts.filter((part) => part.name !== name) });
  }
}

async function startOne(run: BringUp, live: LiveRecord, part: Part, installed: InstalledPart): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const ports = run.ports.get(part.name) ?? {};
    const connection = await connectionOf(run.home, run.ports, run.databaseUrl);
    const context = { home: run.home, ports, connection, log: run.log };
    const onStarted = (started: StartedProcess | null): void => {
      if (started !== null) run.onStarted(started);
      live.add({
        name: part.name,
        kind: part.kind,
        address: part.address(ports),
        version: installed.version,
        ports,
        process: started?.identity ?? null,
        stopSignal: part.stopSignal,
        log: run.home.logFile(part.name),
      });
    };
    try {
      return await startPart({ part, installed, context, signal: run.signal, onStarted, log: run.log });
    } catch (error) {
      live.remove(part.name);
      if (!(await lostItsPort(error, ports)) || attempt === BIND_ATTEMPTS) throw error;
      run.log(`${part.name}: a port was taken meanwhile; trying others`);
      run.ports.set(part.name, await run.claims.allocate(ports));
    } finally {
      run.claims.release(ports);
    }
  }
}

/** As each server says it at the end of its log: one of them listens on ports that it chooses itself. */
const IN_USE = /address already in use|EADDRINUSE/i;

async function lostItsPort(error: unknown, ports: Readonly<Record<string, number>>): Promise<boolean> {
  if (!(error instanceof StackError && error.code === 'START_FAILED')) return false;
  return IN_USE.test(error.message) || !(await arePortsFree(ports));
}

/** Waits for all, so that none is still starting when the first failure is handled. */
async function startAll(run: BringUp, live: LiveRecord, parts: readonly Part[]): Promise<void> {
  const missing = parts.filter((part) => !run.kept.some(({ name }) => name === part.name));
  const results = await Promise.allSettled(
    missing.map(async (part) => {
      const installed = await part.install({ cacheDir: run.cacheDir, log: run.log, signal: run.signal });
      await startOne(run, live, part, installed);
    }),
  );
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

/**
 * Servers, then the preparation steps, then services. Returns the finished record. When this throws, what was started is in
 * the record on disk, for the caller to stop.
 */
export async function bringUp(run: BringUp): Promise<StackRecord> {
  const connect = (): Promise<Connection> => connectionOf(run.home, run.ports, run.databaseUrl);
  const live = new LiveRecord(run, await connect());
  live.update({});
  const [started, loaded] = await Promise.allSettled([startAll(run, live, run.servers), run.loadLanes()]);
  if (started.status === 'rejected') throw started.reason;
  if (loaded.status === 'rejected') throw loaded.reason;
  const connection = await connect();
  live.update({ connection });
  await runLanes(loaded.value, { home: run.home, connection, log: run.log }, run.signal);
  await startAll(run, live, run.services);
  live.update({ connection: await connect(), ready: true, supervisor: run.supervisor });
  tellMovedRegistry(run);
  recordPorts(run.home, run.ports);
  return live.record;
}

/** Signatures bind what is let in to its place, `host:port/repository:tag`. */
function tellMovedRegistry({ home, ports, log }: BringUp): void {
  const before = readRecordedPorts(home).registry?.main;
  const now = ports.get('registry')?.main;
  if (before === undefined || now === undefined || before === now) return;
  log(
    `registry: port ${before}, where it was so far, is taken; it is 127.0.0.1:${now} from now on. What was signed before names 127.0.0.1:${before} and does not verify here, and logins have to be done again. To go back: pratique down, free port ${before}, write it into ${home.portsFile}, pratique up`,
  );
}
