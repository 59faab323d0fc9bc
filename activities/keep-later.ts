/** Copies that a quarantine could not keep when it took something out: tried again until they are kept, or nobody has it any more. */

import { Context } from '@temporalio/activity';
import { RegistryError, type RegistryErrorCode } from '../domain/artifact/registry.ts';
import type { Unkept, UnkeptBook } from '../domain/incident/unkept-book.ts';
import { withFailures } from './failures.ts';
import type { QuarantineDependencies } from './quarantine.ts';

/** Of one run; the next one goes on. */
const MOST = 100;
/** No copy is begun after so long: the next run is due. */
const LONGEST_MS = 240_000;
const REASON_CHARACTERS = 500;

/** A place that answers so does not have it, and will not have it later. */
const GONE: ReadonlySet<RegistryErrorCode> = new Set([
  'REGISTRY_NOT_FOUND',
  'REGISTRY_DIGEST_MISMATCH',
  'REGISTRY_BAD_MANIFEST',
  'REGISTRY_TOO_LARGE',
]);

export interface KeepLaterDependencies {
  readonly unkept: UnkeptBook;
  readonly copyArtifact: QuarantineDependencies['copyArtifact'];
}

export interface KeptLater {
  readonly kept: number;
  readonly lost: number;
  /** To be tried again. */
  readonly owed: number;
}

export function createKeepLaterActivities({ unkept, copyArtifact }: KeepLaterDependencies) {
  return withFailures({
    async keepLater(): Promise<KeptLater> {
      const { cancellationSignal } = Context.current();
      const until = Date.now() + LONGEST_MS;
      const count = { kept: 0, lost: 0, owed: 0 };
      for (const one of await unkept.unkept(MOST)) {
        cancellationSignal.throwIfAborted();
        count[Date.now() > until ? 'owed' : await settle(unkept, copyArtifact, one)] += 1;
      }
      return count;
    },
  });
}

/** Every place that may have it is asked; lost only where each of them says that it is gone. */
async function settle(
  book: UnkeptBook,
  copyArtifact: KeepLaterDependencies['copyArtifact'],
  one: Unkept,
): Promise<keyof KeptLater> {
  const reasons: string[] = [];
  let isOwed = false;
  for (const source of one.sources)
    try {
      await copyArtifact({ from: source, to: one.quarantine, digest: one.digest, progress: () => undefined });
      await book.recordKept(one, source);
      return 'kept';
    } catch (error) {
      if (error instanceof RegistryError && GONE.has(error.code)) reasons.push(error.message);
      else isOwed = true;
    }
  if (isOwed) return 'owed';
  await book.recordLost(one, reasons.join('; ').slice(0, REASON_CHARACTERS));
  return 'lost';
}

export type KeepLaterActivities = ReturnType<typeof createKeepLaterActivities>;
