/** What the trust worker trusts, and how it signs without keys. */
import type { Logger } from '../../adapters/telemetry/logger.ts';
import { openTufClient } from '../../adapters/tuf/tuf-client.ts';
import type { WorkerConfig } from './config.ts';
import { createKeylessSigning, type KeylessSigning } from './keyless-signing.ts';
import { fixedTrustedRoot, followTrustedRoot, type TrustedRootSource } from './trusted-root.ts';

export interface OpenTrust {
  readonly root: TrustedRootSource;
  /** Undefined where every signature is made with a key. */
  readonly keyless: KeylessSigning | undefined;
}

/** Throws a TufError where the repository gives nothing valid, and nothing valid was kept. */
export async function openTrust({ trustedRoot, tuf, signing }: WorkerConfig, logger: Logger): Promise<OpenTrust> {
  const now = () => new Date();
  const root =
    tuf === undefined
      ? fixedTrustedRoot(trustedRoot)
      : await followTrustedRoot(await openTufClient({ ...tuf, now }), { logger, now });
  const keyless = signing === undefined ? undefined : createKeylessSigning({ ...signing, root, now });
  return { root, keyless };
}
