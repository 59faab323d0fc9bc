import { findOnPath } from '../../infra/dev/fetch/find-on-path.ts';
import type { CliIo } from './io.ts';

/** The path of `igzip` (Debian's package `isal`), where it is on PATH; PRATIQUE_IGZIP names another, and empty, none. */
export function igzipOf({ env }: Pick<CliIo, 'env'>): string | undefined {
  return (env.PRATIQUE_IGZIP ?? findOnPath('igzip', env.PATH)) || undefined;
}
