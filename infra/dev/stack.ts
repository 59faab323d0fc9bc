import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import process from 'node:process';
import { type BringUp, bringUp } from './bring-up.ts';
import type { Log, Part } from './part.ts';
import { kafka } from './parts/kafka.ts';
import { embeddedPostgres, externalPostgres } from './parts/postgres.ts';
import { registry } from './parts/registry.ts';
import { temporal } from './parts/temporal.ts';
import { allocatePorts } from './process/allocate-ports.ts';
import { identifyProcess, isSameProcessAlive } from './process/process-identity.ts';
import { signalGroup, stopProcess } from './process/stop-process.ts';
import { ensureSecrets } from './secrets.ts';
import { gatewayPort, serviceParts } from './services.ts';
import { StackError } from './stack-error.ts';
import { createStackHome, type StackHome, stackHome } from './stack-home.ts';
import { withStackLock } from './stack-lock.ts';
import { type PartRecord, readStackRecord, type StackRecord, writeStackRecord } from './stack-record.ts';
import { type PartStatus, statusOf } from './stack-status.ts';
import { startPart } from './start-part.ts';
import { takeDown } from './take-down.ts';

export interface StackOptions {
  /** The state folder (`PRATIQUE_HOME`); made when missing. */
  readonly home: string;
  /** Where fetched servers are kept (`PRATIQUE_CACHE_DIR`). */
  readonly cacheDir: string;
  readonly log: Log;
  /** `free` asks the system for every port: stacks of tests do not meet. Default: well-known ports where free. */
  readonly ports?: 'preferred' | 'free';
  /** A PostgreSQL that somebody else runs, instead of the embedded one. */
  readonly databaseUrl?: string | undefined;
}

export interface UpOptions {
  /** False starts the third-party servers only. Default true. */
  readonly services?: boolean;
  /** True when this process stays and stops the stack at its end: a later `up` then cleans up after its death. */
  readonly supervise?: boolean;
  readonly signal?: AbortSignal;
}

/** One local stack: the servers and services of one state folder. Methods of one object run one after another. */
export interface Stack {
  readonly home: StackHome;
  /** Throws a StackError; what it started is stopped then. */
  up(options?: UpOptions): Promise<{ readonly alreadyRunning: boolean; readonly record: StackRecord }>;
  /** Stops everything, whoever started it. Says whether anything was recorded. */
  down(): Promise<boolean>;
  /** Undefined when nothing was started here. */
  status(): Promise<readonly PartStatus[] | undefined>;
  /** What `up` wrote; throws NOT_RUNNING. */
  record(): Promise<StackRecord>;
  /** Stops one part if it runs and starts it again on its ports. */
  restart(name: string): Promise<void>;
  /** Sends a signal to one part's process group, and does not wait. */
  kill(name: string, signal: NodeJS.Signals): Promise<void>;
}

async function productVersion(): Promise<string> {
  const text = await readFile(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

class LocalStack implements Stack {
  readonly home: StackHome;
  readonly #options: StackOptions;
  readonly #servers: readonly Part[];
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: StackOptions) {
    this.#options = options;
    this.home = stackHome(resolve(options.home));
    const postgres = options.databaseUrl ? externalPostgres(options.databaseUrl) : embeddedPostgres;
    this.#servers = [postgres, kafka, temporal, registry];
  }

  up(options: UpOptions = {}) {
    return this.#alone(async () => {
      const services = options.services === false ? [] : serviceParts(await productVersion());
      const { kept, previous } = await this.#keepHealthy(services);
      const wanted = [...this.#servers, ...services];
      if (previous?.ready && wanted.every((part) => kept.some(({ name }) => name === part.name)))
        return { alreadyRunning: true, record: previous };
      const signal = options.signal ?? new AbortController().signal;
      const run = await this.#plan(services, kept, previous, signal, options.supervise === true);
      try {
        return { alreadyRunning: false, record: await bringUp(run) };
      } catch (error) {
        const record = await readStackRecord(this.home);
        if (record !== undefined) await takeDown(this.home, record, this.#options.log);
        throw error;
      }
    });
  }

  down() {
    return this.#alone(async () => {
      const record = await readStackRecord(this.home);
      if (record !== undefined) await takeDown(this.home, record, this.#options.log);
      return record !== undefined;
    });
  }

  async status() {
    const record = await readStackRecord(this.home);
    if (record === undefined) return undefined;
    const parts = [...this.#servers, ...serviceParts(await productVersion())];
    const place = ({ name }: PartRecord): number => parts.findIndex((part) => part.name === name);
    return Promise.all(
      record.parts
        .toSorted((a, b) => place(a) - place(b))
        .map((recorded) =>
          statusOf(
            recorded,
            parts.find(({ name }) => name === recorded.name),
            record.connection,
          ),
        ),
    );
  }

  async record() {
    const record = await readStackRecord(this.home);
    if (record !== undefined) return record;
    throw new StackError('NOT_RUNNING', `no stack runs in ${this.home.dir}`, {
      hint: 'start it: pratique up --detach',
    });
  }

  restart(name: string) {
    return this.#alone(async () => {
      const { record, recorded } = await this.#recorded(name);
      const parts = [...this.#servers, ...serviceParts(await productVersion())];
      const part = parts.find((candidate) => candidate.name === name) as Part;
      if (recorded.process !== null) await stopProcess(recorded.process, recorded.stopSignal, 15_000);
      const { log, cacheDir } = this.#options;
      const signal = new AbortController().signal;
      await startPart({
        part,
        installed: await part.install({ cacheDir, log, signal }),
        context: { home: this.home, ports: recorded.ports, connection: record.connection, log },
        signal,
        log,
        onStarted: (identity) => {
          const others = record.parts.filter((other) => other !== recorded);
          writeStackRecord(this.home, { ...record, parts: [...others, { ...recorded, process: identity }] });
        },
      });
    });
  }

  async kill(name: string, signal: NodeJS.Signals) {
    const { recorded } = await this.#recorded(name);
    if (recorded.process !== null) signalGroup(recorded.process, signal);
  }

  async #recorded(name: string): Promise<{ record: StackRecord; recorded: PartRecord }> {
    const record = await this.record();
    const recorded = record.parts.find((part) => part.name === name);
    if (recorded !== undefined) return { record, recorded };
    throw new StackError('NOT_RUNNING', `no part ${name} runs in ${this.home.dir}`, {
      hint: 'pratique status lists them',
    });
  }

  /** One after another within this process, and alone among processes. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(async () => {
      await createStackHome(this.home);
      return withStackLock(this.home, work);
    });
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  /** Stops what an earlier `up` left behind and can not be used, and says what can. */
  async #keepHealthy(services: readonly Part[]) {
    const { log } = this.#options;
    const previous = await readStackRecord(this.home);
    if (previous === undefined) return { previous, kept: [] };
    const orphaned = previous.supervisor !== null && !isSameProcessAlive(previous.supervisor);
    if (orphaned) {
      log('cleaning up after an earlier `up` that did not end well');
      await takeDown(this.home, previous, log);
      return { previous, kept: [] };
    }
    const known = [...this.#servers, ...services];
    const states = await Promise.all(
      previous.parts.map(async (recorded) => {
        const part = known.find(({ name }) => name === recorded.name);
        // A service that this `up` does not ask for is left alone.
        if (part === undefined && recorded.kind === 'service') return true;
        return (await statusOf(recorded, part, previous.connection)).healthy;
      }),
    );
    const healthy = previous.parts.filter((_, index) => states[index]);
    const serversHealthy = this.#servers.every((server) => healthy.some(({ name }) => name === server.name));
    // Services hold addresses of the servers they were started with.
    const kept = serversHealthy ? healthy : healthy.filter(({ kind }) => kind === 'server');
    if (kept.length < previous.parts.length) {
      for (const part of previous.parts) if (!kept.includes(part)) log(`${part.name}: not healthy; starting it again`);
      await takeDown(this.home, previous, log, (part) => !kept.includes(part));
    }
    return { previous, kept };
  }

  async #plan(
    services: readonly Part[],
    kept: readonly PartRecord[],
    previous: StackRecord | undefined,
    signal: AbortSignal,
    supervise: boolean,
  ): Promise<BringUp> {
    await ensureSecrets(this.home);
    const { cacheDir, log, databaseUrl } = this.#options;
    const ports = new Map(kept.map((part) => [part.name, part.ports]));
    const taken = new Set(kept.flatMap((part) => Object.values(part.ports)));
    const gateway = services.find(({ name }) => name === 'gateway')?.ports ?? { main: gatewayPort };
    for (const part of [...this.#servers, ...services, { name: 'gateway', ports: gateway }]) {
      if (ports.has(part.name)) continue;
      const before = previous?.parts.find(({ name }) => name === part.name)?.ports ?? part.ports;
      const wanted =
        this.#options.ports === 'free' ? Object.fromEntries(Object.keys(before).map((role) => [role, 0])) : before;
      ports.set(part.name, await allocatePorts(wanted, taken));
    }
    const supervisor = supervise ? (identifyProcess(process.pid) ?? null) : null;
    return {
      home: this.home,
      cacheDir,
      log,
      signal,
      databaseUrl,
      servers: this.#servers,
      services,
      kept,
      ports,
      taken,
      supervisor,
    };
  }
}

/** A stack by its folder; nothing is touched before the first call. */
export function createStack(options: StackOptions): Stack {
  return new LocalStack(options);
}
