/** Which signatures of the trust worker are made without a key: those whose identity is configured. */
import { readFile } from 'node:fs/promises';
import { createCertifiedSigner, createSigningWatch } from '../../adapters/sigstore/keyless/certified-signer.ts';
import { readIdentityToken } from '../../adapters/sigstore/keyless/identity-token.ts';
import { KeylessError } from '../../adapters/sigstore/keyless/keyless-error.ts';
import { parseSigningConfig } from '../../adapters/sigstore/keyless/signing-config.ts';
import type { CertificateIdentity, CertifiedSigner, KeyRing, StatementSigner } from '../../domain/trust/signer.ts';
import type { SigningIdentities, SigningIdentity } from './signing-identities.ts';
import type { TrustedRootSource } from './trusted-root.ts';

export interface KeylessSigning {
  /** Whom our certificates name. */
  readonly identities: readonly CertificateIdentity[];
  /** The same keys, with identities in the place of those that have one. */
  over(keys: KeyRing): KeyRing<StatementSigner>;
  /** For a health check: `ok`, or why signatures wait. */
  state(): string;
}

export interface KeylessSigningOptions {
  readonly identities: SigningIdentities;
  /** A file; without one, what comes with the trusted root. */
  readonly signingConfig: string | undefined;
  readonly root: TrustedRootSource;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly now: () => Date;
}

export function createKeylessSigning({
  identities: { evidence, admission },
  signingConfig,
  root,
  env,
  now,
}: KeylessSigningOptions): KeylessSigning {
  const watch = createSigningWatch();
  const endpoints = async () => {
    const bytes =
      signingConfig === undefined ? root.signingConfig() : await readFile(signingConfig).catch(() => undefined);
    if (bytes === undefined)
      throw new KeylessError(
        'SIGNING_CONFIG_INVALID',
        `${signingConfig ?? 'the TUF repository'}: no signing config is there`,
      );
    return parseSigningConfig(bytes, signingConfig ?? 'signing_config.v0.2.json', now());
  };
  const surroundings = { env, now, readFile: (file: string) => readFile(file, 'utf8') };
  const open = ({ subject, issuer, token }: SigningIdentity): CertifiedSigner =>
    createCertifiedSigner({
      identity: { kind: 'certificate', subject, issuer },
      // Both are looked at again each time: a projected token is renewed in its place.
      token: async () => readIdentityToken('file' in token ? token.file : (env[token.variable] ?? ''), surroundings),
      endpoints,
      trustRoot: () => root.current(),
      watch,
    });
  const signers = {
    evidence: evidence === undefined ? undefined : open(evidence),
    admission: new Map(Object.entries(admission).map(([environment, identity]) => [environment, open(identity)])),
  };
  const all = [...(signers.evidence === undefined ? [] : [signers.evidence]), ...signers.admission.values()];
  return {
    identities: all.map(({ identity }) => identity),
    over: (keys) => ({
      evidence: async () => signers.evidence ?? keys.evidence(),
      admission: async (environment) => signers.admission.get(environment) ?? keys.admission(environment),
      held: () => keys.held(),
    }),
    state: () => watch.state(),
  };
}
