import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import process from 'node:process';
import { type BringUp, bringUp } from './bring-up.ts';
import { startKeeper, stopKeeper } from './keeper.ts';
import type { Log, Part } from './part.ts';
import { kafka } from './parts/kafka.ts';
import { embeddedPostgres, externalPostgres } from './parts/postgres.ts';
import { registry, registryWithoutUsers } from './parts/registry.ts';
import { temporal } from './parts/temporal.ts';
import { keepHealthy, planPorts } from './plan-up.ts';
import { exitNews } from './process/exit-news.ts';
import { openPortClaims, type PortClaims } from './process/port-claims.ts';
import { identifyProcess, isSameProcessAlive, type ProcessIdentity } from './process/process-identity.ts';
import type { StartedProcess } from './process/start-process.ts';
import { signalGroup, stopProcess } from './process/stop-process.ts';
import { ensureRegistryUsers } from './registry-users.ts';
import { ensureSecrets } from './secrets.ts';
import { outsideFolders, type ServiceExtras, serviceParts } from './services.ts';
import { StackError } from './stack-error.ts';
import { createStackHome, type StackHome, stackHome } from './stack-home.ts';
import { withStackLock } from './stack-lock.ts';
import { type Exit, type PartRecord, readStackRecord, type StackRecord, writeStackRecord } from './stack-record.ts';
import { type PartStatus, statusOf, wrongSince } from './stack-status.ts';
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
  /** False: a registry in which everybody may do everything, and which needs no gateway. */
  readonly registryUsers?: boolean;
  readonly serviceExtras?: ServiceExtras | undefined;
}

interface UpOptions {
  /** The servers to start, by name; default all. With fewer, no preparation step runs. */
  readonly servers?: readonly string[];
  /** False starts no service of ours. Default true. */
  readonly services?: boolean;
  /** True when this process stays and stops the stack at its end: a later `up` then cleans up after its death. */
  readonly supervise?: boolean;
  /** True where a process beside the stack is to start services again that end. Tests supervise themselves. */
  readonly keep?: boolean;
  readonly signal?: AbortSignal;
}

/** One local stack: the servers and services of one state folder. Methods of one object run one after another. */
export interface Stack {
  readonly home: StackHome;
  /** Throws a StackError; what it started is stopped then. */
  up(options?: UpOptions): Promise<{ readonly alreadyRunning: boolean; readonly record: StackRecord }>;
  /** Stops everything, whoever started it. Returns the names of what it stopped; undefined when nothing was recorded. */
  down(): Promise<readonly string[] | undefined>;
  /** Undefined when nothing was started here. */
  status(): Promise<readonly PartStatus[] | undefined>;
  /** What `up` wrote; throws NOT_RUNNING. */
  record(): Promise<StackRecord>;
  /** Stops one part if it runs and starts it again on its ports. */
  restart(name: string): Promise<void>;
  /** Starts a part that has ended again, on its ports, and counts that; false where it runs, or nothing is to run any more. */
  revive(name: string, signal: AbortSignal): Promise<boolean>;
  /** Records how a part ended; false where it is not the one that is dead now. */
  noteExit(name: string, exit: Exit, gaveUp: boolean): Promise<boolean>;
  /** How a process that this object started ended; undefined for any other. */
  exitOf(identity: ProcessIdentity): Promise<string | undefined>;
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
  /** How what was started here ended, by pid. */
  readonly #ends = new Map<number, Promise<string>>();

  constructor(options: StackOptions) {
    this.#options = options;
    this.home = stackHome(resolve(options.home));
    const postgres = options.databaseUrl ? externalPostgres(options.databaseUrl) : embeddedPostgres;
    this.#servers = [postgres, kafka, temporal, options.registryUsers === false ? registryWithoutUsers : registry];
  }

  async up(options: UpOptions = {}) {
    const hadKeeper = await stopKeeper(this.home);
    return this.#alone(async () => {
      const result = await this.#up(options);
      const { record } = result;
      const isKept = record.supervisor === null && record.parts.some(({ kind }) => kind === 'service');
      if (!isKept || !(options.keep === true || hadKeeper)) return result;
      return { ...result, record: await startKeeper(this.home, this.#options.cacheDir, record) };
    });
  }

  async #up(options: UpOptions): Promise<{ alreadyRunning: boolean; record: StackRecord }> {
    const services = options.services === false ? [] : await this.#services();
    const servers = this.#servers.filter(({ name }) => options.servers?.includes(name) ?? true);
    const previous = await readStackRecord(this.home);
    const situation = { home: this.home, servers, services, previous, log: this.#options.log };
    const kept = await keepHealthy(situation);
    const isKept = (part: Part): boolean => kept.some(({ name }) => name === part.name);
    if (previous?.ready && [...servers, ...services].every(isKept)) return { alreadyRunning: true, record: previous };
    using claims = openPortClaims(kept.flatMap(({ ports }) => Object.values(ports)));
    try {
      return { alreadyRunning: false, record: await bringUp(await this.#plan(situation, kept, options, claims)) };
    } catch (error) {
      await this.#takeAllDown();
      throw error;
    }
  }

  async down() {
    // The lock would make the folder.
    if (!existsSync(this.home.dir)) return undefined;
    await stopKeeper(this.home);
    return this.#alone(() => this.#takeAllDown());
  }

  async status() {
    const record = await readStackRecord(this.home);
    if (record === undefined) return undefined;
    const parts = [...this.#servers, ...(await this.#services())];
    const place = ({ name }: PartRecord): number => parts.findIndex((part) => part.name === name);
    const since = wrongSince(record.parts, parts);
    return Promise.all(
      record.parts
        .toSorted((a, b) => place(a) - place(b))
        .map(async (recorded) => {
          const part = parts.find(({ name }) => name === recorded.name);
          const status = await statusOf(recorded, part, record.connection);
          const at = (await since).get(recorded.name);
          return status.healthy || at === undefined ? status : { ...status, since: at };
        }),
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
      if (recorded.process !== null) await stopProcess(recorded.process, recorded.stopSignal, 15_000);
      await this.#startAgain(record, recorded, recorded, new AbortController().signal);
    });
  }

  revive(name: string, signal: AbortSignal) {
    return this.#alone(async () => {
      const found = await this.#dead(name);
      if (found === undefined) return false;
      const { record, recorded } = found;
      await this.#startAgain(record, recorded, { ...recorded, restarts: (recorded.restarts ?? 0) + 1 }, signal);
      return true;
    });
  }

  noteExit(name: string, exit: Exit, gaveUp: boolean) {
    return this.#alone(async () => {
      const found = await this.#dead(name);
      if (found === undefined) return false;
      const { record, recorded } = found;
      const parts = record.parts.map((part) => (part === recorded ? { ...part, lastExit: exit, gaveUp } : part));
      writeStackRecord(this.home, { ...record, parts });
      return true;
    });
  }

  async exitOf({ pid }: ProcessIdentity) {
    return exitNews(this.#ends.get(pid));
  }

  /** A part that has ended though the record has it running. */
  async #dead(name: string): Promise<{ record: StackRecord; recorded: PartRecord } | undefined> {
    const record = await readStackRecord(this.home);
    const recorded = record?.parts.find((part) => part.name === name);
    if (record === undefined || !recorded?.process || isSameProcessAlive(recorded.process)) return undefined;
    return { record, recorded };
  }

  /** `as` is what the record says of it from then on, but for its process. */
  async #startAgain(record: StackRecord, recorded: PartRecord, as: PartRecord, signal: AbortSignal): Promise<void> {
    const parts = [...this.#servers, ...(await this.#services())];
    const part = parts.find((candidate) => candidate.name === recorded.name) as Part;
    const { log, cacheDir } = this.#options;
    const others = record.parts.filter((other) => other !== recorded);
    await startPart({
      part,
      installed: await part.install({ cacheDir, log, signal }),
      context: { home: this.home, ports: recorded.ports, connection: record.connection, log },
      signal,
      log,
      onStarted: (started) => {
        if (started !== null) this.#follow(started);
        writeStackRecord(this.home, { ...record, parts: [...others, { ...as, process: started?.identity ?? null }] });
      },
    });
  }

  #follow({ identity, ended }: StartedProcess): void {
    this.#ends.set(identity.pid, ended);
  }

  async kill(name: string, signal: NodeJS.Signals) {
    const { recorded } = await this.#recorded(name);
    if (recorded.process !== null) signalGroup(recorded.process, signal);
  }

  async #services(): Promise<readonly Part[]> {
    return serviceParts(await productVersion(), this.#options.serviceExtras);
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

  async #takeAllDown(): Promise<readonly string[] | undefined> {
    const record = await readStackRecord(this.home);
    if (record === undefined) return undefined;
    const running = record.parts.filter(({ process: its }) => its !== null && isSameProcessAlive(its));
    await takeDown(this.home, record, this.#options.log);
    const { builds, signer } = outsideFolders(this.home);
    for (const folder of [builds, signer]) await rm(folder, { recursive: true, force: true });
    return running.map(({ name }) => name);
  }

  async #plan(
    situation: Parameters<typeof planPorts>[0],
    healthy: readonly PartRecord[],
    options: UpOptions,
    claims: PortClaims,
  ): Promise<BringUp> {
    const { cacheDir, log, databaseUrl } = this.#options;
    await ensureSecrets(this.home);
    await ensureRegistryUsers(this.home);
    const { previous, servers, services } = situation;
    const ports = await planPorts(situation, healthy, this.#options.ports ?? 'preferred', claims);
    const isMoved = previous?.connection.gatewayUrl !== `http://127.0.0.1:${ports.get('gateway')?.main}`;
    const kept = isMoved ? healthy.filter(({ name }) => name !== 'registry') : healthy;
    if (previous !== undefined && kept.length < healthy.length) {
      log(
        'registry: the gateway has another port now; starting it again, so that it sends its users and its events there',
      );
      await takeDown(this.home, previous, log, ({ name }) => name === 'registry');
    }
    const me = identifyProcess(process.pid) ?? null;
    return {
      ...{ home: this.home, cacheDir, log, databaseUrl, servers, services, kept, ports, claims },
      signal: options.signal ?? new AbortController().signal,
      // Parts that were kept stay with the living `up` they belong to.
      supervisor: options.supervise === true ? me : kept.length > 0 ? (previous?.supervisor ?? null) : null,
      onStarted: (started) => this.#follow(started),
      // The steps want all servers; `status`, `down` and the keeper have no use for the clients they load.
      loadLanes: async () =>
        servers.length === this.#servers.length ? (await import('./prepare.ts')).prepareLanes : [],
    };
  }
}

/** A stack by its folder; nothing is touched before the first call. */
export function createStack(options: StackOptions): Stack {
  return new LocalStack(options);
}
