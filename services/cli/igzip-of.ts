import { availableParallelism } from 'node:os';
import { findOnPath } from '../../infra/dev/fetch/find-on-path.ts';
import type { CliIo } from './io.ts';

/** With no more processors than this, a process beside us waits for our threads, and they for it (docs/bench/sbom.md). */
const TOO_FEW = 2;

/**
 * The path of `igzip` (Debian's package `isal`), where it is on PATH and there are `processors` for it; PRATIQUE_IGZIP names one
 * that is used all the same, and empty, none.
 */
export function igzipOf({ env }: Pick<CliIo, 'env'>, processors = availableParallelism()): string | undefined {
  return (env.PRATIQUE_IGZIP ?? (processors > TOO_FEW ? findOnPath('igzip', env.PATH) : '')) || undefined;
}
