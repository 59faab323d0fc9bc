import { spawn } from 'node:child_process';
import { isAbsolute } from 'node:path';
import process from 'node:process';
import type { Log } from '../part.ts';
import { StackError } from '../stack-error.ts';
import { findOnPath } from './find-on-path.ts';

const HEARTBEAT_MS = 5_000;
const DEFAULT_LIMIT_MS = 600_000;
const MAX_OUTPUT = 1 << 20;
const TAIL_LINES = 12;

/** One run of somebody else's command line program. */
export interface ToolRun {
  readonly tool: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Leads every progress line: what the tool does for us. */
  readonly doing: string;
  /** What to do when the tool is not there. */
  readonly fallback: string;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** The tool's path. Throws TOOL_MISSING that names the fallback. */
export function requireTool(tool: string, doing: string, fallback: string): string {
  const file = isAbsolute(tool) ? tool : findOnPath(tool);
  if (file !== undefined) return file;
  throw new StackError('TOOL_MISSING', `${doing} needs \`${tool}\`, which is not on PATH`, { hint: fallback });
}

function tail(output: string): string {
  return output.trim().split('\n').slice(-TAIL_LINES).join('\n');
}

/** Runs to the end and returns stdout and stderr together. Throws FETCH_FAILED with the last lines of the output. */
export async function runTool(run: ToolRun): Promise<string> {
  const command = requireTool(run.tool, run.doing, run.fallback);
  const started = Date.now();
  run.log(`${run.doing} ...`);
  const beat = setInterval(
    () => run.log(`${run.doing} ... ${Math.round((Date.now() - started) / 1000)} s`),
    HEARTBEAT_MS,
  );
  let output = '';
  try {
    const code = await new Promise<number | string>((resolve, reject) => {
      const child = spawn(command, run.args, {
        cwd: run.cwd,
        env: { ...process.env, ...run.env },
        stdio: ['ignore', 'pipe', 'pipe'],
        signal: AbortSignal.any([run.signal, AbortSignal.timeout(DEFAULT_LIMIT_MS)]),
      });
      const collect = (chunk: Buffer): void => {
        output = (output + chunk.toString('utf8')).slice(-MAX_OUTPUT);
      };
      child.stdout.on('data', collect);
      child.stderr.on('data', collect);
      child.once('error', reject);
      child.once('close', (exit, signal) => resolve(exit ?? signal ?? 'unknown'));
    });
    if (code === 0) return output;
    throw new StackError('FETCH_FAILED', `${run.doing}: \`${run.tool}\` ended with ${code}\n${tail(output)}`, {
      hint: run.fallback,
    });
  } catch (error) {
    if (error instanceof StackError) throw error;
    if (run.signal.aborted) throw new StackError('INTERRUPTED', `${run.doing}: interrupted`, { cause: error });
    throw new StackError('FETCH_FAILED', `${run.doing}: \`${run.tool}\` did not finish`, {
      cause: error,
      hint: run.fallback,
    });
  } finally {
    clearInterval(beat);
  }
}
