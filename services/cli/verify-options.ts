import { type Command, Option } from 'commander';
import { type SignaturePolicy, signaturePolicies } from '../../domain/trust/dual-signatures.ts';
import { predicateNames } from '../../domain/trust/predicate-name.ts';
import { parseDuration } from './duration.ts';
import { addGithubOptions, type GithubOptions } from './github-options.ts';
import { addNotationVerifyOptions, type NotationVerifyOptions } from './notation-options.ts';
import { addProvenanceOptions, type ProvenanceOptions } from './provenance-options.ts';
import { addSignerOptions, type SignerOptions } from './signer-options.ts';

/** Of `pratique verify`, as commander reads them. */
export interface VerifyOptions extends SignerOptions, ProvenanceOptions, GithubOptions, NotationVerifyOptions {
  readonly type?: string;
  readonly bundle?: string;
  readonly postQuantumBundle?: string;
  readonly signatures: SignaturePolicy;
  readonly keyring?: string;
  readonly signature?: string;
  readonly resourceUri?: string;
  readonly verifierId?: string;
  /** Seconds. */
  readonly maxAge?: number;
  readonly output: 'text' | 'json';
  readonly json?: boolean;
}

/** All flags of `pratique verify`, with their variables. */
export function addVerifyOptions(command: Command): Command {
  return addNotationVerifyOptions(addGithubOptions(addProvenanceOptions(addSignerOptions(command))))
    .addOption(
      new Option('--type <type>', `predicate type wanted: ${predicateNames.join('|')} or a URI`).env('PRATIQUE_TYPE'),
    )
    .addOption(
      new Option(
        '--bundle <file>',
        'the evidence to check, instead of what is in the registry: a Sigstore bundle, lines of them, what npm, PyPI or GitHub answer',
      ).env('PRATIQUE_BUNDLE'),
    )
    .addOption(
      new Option(
        '--signatures <policy>',
        'any: one by a trusted key is enough; all: a classical and an ML-DSA-65 key signed the same bytes; classical: those of ML-DSA-65 do not count',
      )
        .choices(signaturePolicies)
        .default('any')
        .env('PRATIQUE_SIGNATURES'),
    )
    .addOption(
      new Option('--post-quantum-bundle <file>', 'with --bundle: the second signature, by a post-quantum key').env(
        'PRATIQUE_POST_QUANTUM_BUNDLE',
      ),
    )
    .addOption(
      new Option('--keyring <file>', 'OpenPGP keys, as gpg --export writes them; with --signature').env(
        'PRATIQUE_KEYRING',
      ),
    )
    .addOption(new Option('--signature <file>', 'detached OpenPGP signature over the file').env('PRATIQUE_SIGNATURE'))
    .addOption(
      new Option(
        '--resource-uri <uri>',
        'with --type vsa: what the summary must be about (default: the repository of the image)',
      ).env('PRATIQUE_RESOURCE_URI'),
    )
    .addOption(
      new Option('--verifier-id <uri>', 'with --type vsa: who must have made the summary').env('PRATIQUE_VERIFIER_ID'),
    )
    .addOption(
      new Option('--max-age <duration>', 'with --type vsa: how old it may be: 12h, 7d, P7D')
        .argParser(parseDuration)
        .env('PRATIQUE_MAX_AGE'),
    )
    .addOption(
      new Option(
        '--offline',
        'ask nobody but the registry: of --tuf-mirror what is kept is used while it is valid, and of revoked certificates --notation-crl',
      ).env('PRATIQUE_OFFLINE'),
    )
    .addOption(
      new Option('-o, --output <format>', 'of the result')
        .choices(['text', 'json'])
        .default('text')
        .env('PRATIQUE_OUTPUT'),
    )
    .addOption(new Option('--json', 'the same as -o json, and errors as JSON').env('PRATIQUE_JSON'));
}
