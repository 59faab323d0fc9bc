import type { StackHome } from './stack-home.ts';
import type { Connection } from './stack-record.ts';

/** Takes one line of progress, without a newline. */
export type Log = (line: string) => void;

/** How to start one process. Its output goes to the part's log file, its group is its own. */
export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  /** Added to PATH, HOME, LANG and TZ, which are all a part inherits. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Set where the program refuses root. */
  readonly user?: { readonly uid: number; readonly gid: number };
}

export interface InstallContext {
  readonly cacheDir: string;
  readonly log: Log;
  readonly signal: AbortSignal;
}

export interface RunContext {
  readonly home: StackHome;
  /** The ports this part was given, by role. */
  readonly ports: Readonly<Record<string, number>>;
  readonly connection: Connection;
  readonly log: Log;
}

export interface InstalledPart {
  readonly version: string;
  /** Writes configuration and data folders, and says what to run; undefined for a server that somebody else runs. */
  configure(context: RunContext): Promise<Launch | undefined>;
}

/** One process of the stack: a third-party server, or a service of ours. */
export interface Part {
  readonly name: string;
  readonly kind: 'server' | 'service';
  /** Preferred ports by role; a taken one is replaced by a free one. */
  readonly ports: Readonly<Record<string, number>>;
  /** SIGTERM unless the program reads another signal as "stop now, cleanly". */
  readonly stopSignal: 'SIGTERM' | 'SIGINT';
  /** Finds the program on PATH or fetches it. Throws a StackError that names the fallback. */
  install(context: InstallContext): Promise<InstalledPart>;
  /** What people and clients connect to: `host:port` or a URL, without secrets. */
  address(ports: Readonly<Record<string, number>>): string;
  /** Resolves when the part serves requests; throws an Error with the reason when it does not (yet). */
  checkHealth(context: Pick<RunContext, 'ports' | 'connection'>): Promise<void>;
  /** Of a service: since when (RFC 3339) each of the parts it depends on has not answered it, by the part's name. */
  wrongSince?(ports: Readonly<Record<string, number>>): Promise<Readonly<Record<string, string>>>;
}
