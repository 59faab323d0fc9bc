/** The trusted root of the trust worker: a file that is read at the start, or a TUF repository that is asked every hour. */
import type { TrustMaterial } from '@sigstore/verify';
import { KeyError } from '../../adapters/sigstore/key-error.ts';
import { parseTrustRoot } from '../../adapters/sigstore/trust-root.ts';
import { observeGauge } from '../../adapters/telemetry/instruments.ts';
import type { Logger } from '../../adapters/telemetry/logger.ts';
import type { Repository } from '../../adapters/tuf/repository.ts';
import type { TufClient } from '../../adapters/tuf/tuf-client.ts';
import { TufError } from '../../adapters/tuf/tuf-error.ts';

const TRUSTED_ROOT = 'trusted_root.json';
const SIGNING_CONFIG = 'signing_config.v0.2.json';
const ASK_EVERY_MS = 3600 * 1000;

export interface TrustedRootSource {
  /** What is in force; undefined where there is none, or none that is valid any more. */
  current(): TrustMaterial | undefined;
  /** The signing config that comes with it; undefined where it comes with none. */
  signingConfig(): Uint8Array | undefined;
  /** For a health check: `ok`, or what is wrong. */
  state(): string;
  stop(): void;
}

/** One that never changes. */
export function fixedTrustedRoot(material: TrustMaterial | undefined): TrustedRootSource {
  return { current: () => material, signingConfig: () => undefined, state: () => 'ok', stop: () => undefined };
}

interface Held {
  readonly material: TrustMaterial;
  readonly signingConfig: Uint8Array | undefined;
  readonly checkedAt: Date;
  readonly expires: Date;
}

/**
 * Asks the mirror at once, and every hour. While it cannot be reached, or serves what must not be trusted, what was last valid stays
 * in force until it expires; health and metrics say so. Throws where there is nothing valid to begin with.
 */
export async function followTrustedRoot(
  client: TufClient,
  { logger, now, everyMs = ASK_EVERY_MS }: { logger: Pick<Logger, 'warn'>; now: () => Date; everyMs?: number },
): Promise<TrustedRootSource> {
  let wrong: string | undefined;
  let held: Held | undefined;
  const read = async (repository: Repository): Promise<Held> => {
    const { checkedAt, expires, names } = repository.state;
    return {
      material: parseTrustRoot(await repository.target(TRUSTED_ROOT), TRUSTED_ROOT),
      signingConfig: names.includes(SIGNING_CONFIG) ? await repository.target(SIGNING_CONFIG) : undefined,
      checkedAt,
      expires,
    };
  };
  const update = async () => {
    const repository = await client.update([TRUSTED_ROOT]);
    return repository.state.names.includes(SIGNING_CONFIG) ? client.update([TRUSTED_ROOT, SIGNING_CONFIG]) : repository;
  };
  const ask = async () => {
    try {
      held = await read(await update());
      wrong = undefined;
    } catch (error) {
      if (!(error instanceof TufError || error instanceof KeyError)) throw error;
      wrong = `${error.code}: ${error.message}`;
      logger.warn({ code: error.code }, `the trusted root was not renewed: ${error.message}`);
    }
  };
  await ask();
  if (held === undefined) held = await read(await client.kept());
  let isAsking = false;
  const timer = setInterval(() => {
    // A mirror that dawdles is not asked a second time meanwhile: both would write the same files.
    if (isAsking) return;
    isAsking = true;
    ask()
      .catch((error: unknown) => {
        wrong = String(error);
      })
      .finally(() => {
        isAsking = false;
      });
  }, everyMs);
  timer.unref();
  const isValid = () => held !== undefined && now() < held.expires;
  const forget = [
    observeGauge('pratique_trusted_root_age_seconds', (result) => {
      if (held !== undefined) result.observe((now().getTime() - held.checkedAt.getTime()) / 1000);
    }),
    observeGauge('pratique_trusted_root_validity_seconds', (result) => {
      if (held !== undefined) result.observe((held.expires.getTime() - now().getTime()) / 1000);
    }),
  ];
  return {
    current: () => (isValid() ? held?.material : undefined),
    signingConfig: () => (isValid() ? held?.signingConfig : undefined),
    state: () => (isValid() ? (wrong ?? 'ok') : `expired; ${wrong ?? 'not asked since'}`),
    stop() {
      clearInterval(timer);
      for (const each of forget) each();
    },
  };
}
