/** Tells the story: chapters, what happens and why, and the commands a user would type, with what they print. */
import { spawn } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import pc from 'picocolors';

const CLI = fileURLToPath(new URL('../../services/cli/start.cjs', import.meta.url));

export interface CommandResult {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
}

export interface RunOptions {
  /** Exit codes that are part of the story; anything else ends the demo. */
  readonly expect?: readonly number[];
  /** Lines of output shown; the rest is counted. */
  readonly lines?: number;
  /** Only lines that match are shown. */
  readonly pick?: RegExp;
  /** Runs without a word. */
  readonly quiet?: boolean;
  readonly env?: Readonly<Record<string, string>>;
}

/** A command that runs already. */
export interface Begun {
  readonly done: Promise<CommandResult>;
  tell(): Promise<CommandResult>;
}

const LINES = 18;

function pickLines(text: string, pick: RegExp | undefined): string {
  return pick === undefined
    ? text
    : text
        .split('\n')
        .filter((line) => pick.test(line))
        .join('\n');
}

/** As it is typed: what has a space, in quotes. */
export const shellWord = (word: string): string => (/[\s"]/.test(word) ? JSON.stringify(word) : word);

export function createTeller(env: Readonly<Record<string, string>>) {
  let chapter = 0;
  const write = (text: string) => void process.stdout.write(text);
  const execute = (args: readonly string[], options: RunOptions): Promise<CommandResult> =>
    new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [CLI, ...args], {
        env: { ...process.env, ...env, ...options.env },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let out = '';
      let err = '';
      child.stdout.on('data', (chunk: Buffer) => {
        out += chunk;
      });
      child.stderr.on('data', (chunk: Buffer) => {
        err += chunk;
      });
      child.on('error', reject);
      child.on('close', (code) => resolve({ exit: code ?? 1, out, err }));
    });
  const show = (text: string, lines: number) => {
    const all = text.trimEnd().split('\n');
    for (const line of all.slice(0, lines)) write(`    ${line}\n`);
    if (all.length > lines) write(pc.dim(`    … ${all.length - lines} more lines\n`));
  };
  /** Begins at once and shows nothing: `tell` waits for its end, and shows it where the story has come to it. */
  const start = (args: readonly string[], options: RunOptions = {}): Begun => {
    const done = execute(args, options).then((result) => {
      if ((options.expect ?? [0]).includes(result.exit)) return result;
      throw new Error(`pratique ${args.join(' ')} ended with ${result.exit}:\n${result.err}${result.out}`);
    });
    // Looked at when it is told: until then a failure is nobody's unhandled rejection.
    done.catch(() => undefined);
    return {
      done,
      async tell() {
        if (options.quiet) return done;
        write(`\n  ${pc.green('$')} pratique ${args.map(shellWord).join(' ')}\n`);
        const result = await done;
        show(pickLines(result.out === '' ? result.err : result.out, options.pick), options.lines ?? LINES);
        write('\n');
        return result;
      },
    };
  };

  return {
    chapter(title: string) {
      chapter += 1;
      write(`\n${pc.bold(pc.cyan(`${chapter}. ${title}`))}\n\n`);
    },
    /** What happens, and why: wrapped by hand, a sentence or two. */
    say: (text: string) => write(`  ${text}\n`),
    show: (text: string, lines = LINES) => show(text, lines),
    /** Runs `pratique …` as the user whose token is given, and shows it. Throws where it ends otherwise than expected. */
    run: (args: readonly string[], options: RunOptions = {}) => start(args, options).tell(),
    start,
  };
}

export type Teller = ReturnType<typeof createTeller>;
