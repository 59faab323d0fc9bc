/** The flags for Notation's signatures, as Notation names them where it does. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { durationSchema } from '../../domain/policy/duration.ts';

export interface NotationVerifyOptions {
  readonly notationTrustPolicy?: string;
  readonly notationTrustStore?: string;
  readonly notationCrl?: readonly string[];
  readonly notationRevocationHost?: readonly string[];
  readonly notationScope?: string;
  readonly offline?: boolean;
}

export interface NotationSignOptions {
  readonly format?: 'sigstore' | 'notation';
  readonly certificateChain?: string;
  /** Seconds. */
  readonly expiry?: number;
}

export function addNotationVerifyOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--notation-trust-policy <file>',
        "verify Notation's signatures under this trust policy (trustpolicy.json)",
      ).env('PRATIQUE_NOTATION_TRUST_POLICY'),
    )
    .addOption(
      new Option(
        '--notation-trust-store <folder>',
        'where x509/ca, x509/signingAuthority and x509/tsa are (default: truststore beside the trust policy)',
      ).env('PRATIQUE_NOTATION_TRUST_STORE'),
    )
    .addOption(
      new Option(
        '--notation-scope <registry/repository>',
        'of an OCI layout: the repository whose statement of the trust policy counts',
      ).env('PRATIQUE_NOTATION_SCOPE'),
    )
    .addOption(
      new Option(
        '--notation-crl <file...>',
        'lists of revoked certificates by their issuers (PEM or DER), for certificates that name such lists',
      ).env('PRATIQUE_NOTATION_CRL'),
    )
    .addOption(
      new Option(
        '--notation-revocation-host <host...>',
        'who may be asked about revoked certificates at a private address, as a certificate names it (default: public addresses only)',
      ).env('PRATIQUE_NOTATION_REVOCATION_HOST'),
    );
}

export function addNotationSignOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--format <format>', "of the signature: a Sigstore bundle, or Notation's JWS envelope")
        .choices(['sigstore', 'notation'])
        .env('PRATIQUE_FORMAT'),
    )
    .addOption(
      new Option(
        '--certificate-chain <file>',
        'with --format notation: the signing certificate, those above it, and the root, in PEM',
      ).env('PRATIQUE_CERTIFICATE_CHAIN'),
    )
    .addOption(
      new Option('--expiry <duration>', 'with --format notation: how long it is meant to count, as P90D or 2160h')
        .argParser(parseExpiry)
        .env('PRATIQUE_EXPIRY'),
    );
}

/** ISO 8601, or as Notation takes it (`24h`, `1h30m`), in seconds. */
function parseExpiry(text: string): number {
  const [, hours, minutes, seconds] = /^(?=\d)(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(text) ?? [];
  const total = Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60 + Number(seconds ?? 0);
  const iso = durationSchema.safeParse(text);
  const found = iso.success ? iso.data : total;
  if (found > 0 && Number.isSafeInteger(found)) return found;
  throw new InvalidArgumentError('Expected a duration: P90D, PT12H, or 2160h.');
}
