/** Runs a command line as the process would, with its output caught and its clock stopped. */

import type { CliIo } from '../../../../services/cli/io.ts';
import { runCli } from '../../../../services/cli/run-cli.ts';

/** When it is, for every transcript. */
export const NOW = '2026-11-21T12:00:00.000Z';

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Surroundings {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly signal?: AbortSignal;
  readonly isTTY?: boolean;
  /** What standard input holds. */
  readonly input?: string;
}

export async function runCommand(argv: readonly string[], surroundings: Surroundings = {}): Promise<Ran> {
  const { env = {}, cwd = '/nowhere', signal = new AbortController().signal, isTTY = false, input = '' } = surroundings;
  const caught = { out: '', err: '' };
  const stream = (name: 'out' | 'err') => ({
    isTTY,
    write: (text: string) => {
      caught[name] += text;
    },
  });
  const io: CliIo = {
    out: stream('out'),
    err: stream('err'),
    in: (async function* () {
      if (input !== '') yield new TextEncoder().encode(input);
    })(),
    env,
    cwd,
    signal,
    now: () => new Date(NOW),
  };
  const code = await runCli(argv, io);
  return { code, stdout: caught.out, stderr: caught.err };
}

/** A command line as it is typed: words, and words in double quotes. */
export function splitWords(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
}

/** What a terminal would have shown, stdout before stderr, with the exit code. */
export function transcriptOf(line: string, { code, stdout, stderr }: Ran): string {
  const said = stderr === '' ? '' : stderr.replace(/^(?=.)/gm, '2> ');
  return `$ pratique ${line}\n${stdout}${said}exit ${code}\n`;
}
