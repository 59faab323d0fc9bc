/** The server's keyless signers: an identity each for evidence and for the admissions of each environment. */
import type { TrustMaterial } from '@sigstore/verify';
import type { CertificateIdentity, CertifiedSigner } from '../../../domain/trust/signer.ts';
import { SigningError } from '../../../domain/trust/signing-error.ts';
import { KeyError } from '../key-error.ts';
import { KeylessError } from './keyless-error.ts';
import type { SigningEndpoints } from './signing-config.ts';
import { createWitnessedSigner } from './witnessed-signer.ts';

/** Where everything is asked for anew at each signature: tokens end within the hour, roots and services change. */
export interface CertifiedSignerOptions {
  readonly identity: CertificateIdentity;
  readonly token: () => Promise<string>;
  readonly endpoints: () => Promise<SigningEndpoints>;
  /** What each bundle must verify under before it is called signed; undefined while there is none: then nothing is signed. */
  readonly trustRoot: () => TrustMaterial | undefined;
  readonly watch: SigningWatch;
}

/** Since when nothing can be signed without a key, and why; undefined while all is well. */
export interface SigningWatch {
  /** For a health check: `ok`, or what keeps signatures from being made. */
  state(): string;
  succeeded(): void;
  failed(reason: string): void;
}

export function createSigningWatch(): SigningWatch {
  let wrong: string | undefined;
  return {
    state: () => wrong ?? 'ok',
    succeeded() {
      wrong = undefined;
    },
    failed(reason) {
      wrong = reason;
    },
  };
}

/** Whatever goes wrong, nothing is signed, and a SigningError says why: authorities come back, tokens are renewed, files are mended. */
export function createCertifiedSigner(options: CertifiedSignerOptions): CertifiedSigner {
  const { identity, token, endpoints, trustRoot, watch } = options;
  return {
    identity,
    async signStatement(statement) {
      try {
        const root = trustRoot();
        if (root === undefined)
          throw new KeylessError('BUNDLE_UNVERIFIED', 'there is no trusted root in force to verify signatures with');
        const source = { kind: 'identity', token } as const;
        const signer = createWitnessedSigner({ endpoints: await endpoints(), source, trustRoot: root, identity });
        const bundle = await signer.signStatement(statement);
        watch.succeeded();
        return bundle;
      } catch (cause) {
        if (!(cause instanceof KeylessError || cause instanceof KeyError)) throw cause;
        watch.failed(cause.message);
        throw new SigningError(`signing waits: ${cause.message}`, { reason: cause.code }, { cause });
      }
    },
  };
}
