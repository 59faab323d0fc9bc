/** What `attest` signs: the document inside of a statement, or beside the image where nobody reads a bundle that is so long. */
import { attachDocument, documentLocation } from '../../adapters/oci/attached-document.ts';
import { sha256 } from '../../adapters/oci/digest-of.ts';
import { maxBundleBytes } from '../../adapters/sigstore/open-bundle.ts';
import { mediaTypes } from '../../domain/artifact/descriptor.ts';
import { isLoopbackHost } from '../../domain/artifact/reference.ts';
import { createReferenceStatement } from '../../domain/trust/sbom-statement.ts';
import { createStatement, predicateTypes, type Statement } from '../../domain/trust/statement.ts';
import { CliError } from './cli-error.ts';
import type { EvidenceTarget } from './evidence-target.ts';
import { exitCodes } from './exit-codes.ts';
import type { CliIo } from './io.ts';

/** Bytes that certificates, log entries and timestamps take in a bundle, at most. */
const AROUND = 1024 * 1024;
/** Bytes of the longest statement whose bundle is read: in it they are base64. */
const MAX_STATEMENT_BYTES = Math.floor(((maxBundleBytes - AROUND) * 3) / 4);
const ATTESTER = 'https://pratique.dev/cli';

/** Documents that `verify` finds again beside an image. */
const documentTypes: Readonly<Record<string, string>> = {
  [predicateTypes.cycloneDx]: mediaTypes.cycloneDx,
  [predicateTypes.spdx]: mediaTypes.spdx,
};

export interface AttestedDocument {
  /** As the user named it. */
  readonly file: string;
  /** As they are in the file; of what was made from it, undefined. */
  readonly bytes: Uint8Array | undefined;
  readonly predicateType: string;
  readonly predicate: unknown;
}

/**
 * The statement about `target`. An SBOM that is too long for one is attached to the image as it is, and the statement refers to it
 * by its digest. Throws a CliError (PREDICATE_TOO_LARGE) where there is no place for it.
 */
export async function createAttestedStatement(
  target: EvidenceTarget,
  { file, bytes, predicateType, predicate }: AttestedDocument,
  io: CliIo,
): Promise<Statement> {
  const statement = createStatement(target.digest, predicateType, predicate);
  if (Buffer.byteLength(JSON.stringify(statement)) <= MAX_STATEMENT_BYTES) return statement;
  const mediaType = documentTypes[predicateType];
  if (bytes === undefined || target.kind !== 'image' || mediaType === undefined)
    throw new CliError(
      exitCodes.usage,
      'PREDICATE_TOO_LARGE',
      `${file}: with it the bundle would have more than ${maxBundleBytes} bytes, and nobody reads it`,
      {
        hint: 'Sign the document itself: pratique sign FILE. An SBOM of an image in a registry is attested beside it.',
      },
    );
  const { registry, host, repository, digest } = target;
  const stored = { digest: sha256(bytes), size: bytes.length, mediaType };
  await attachDocument(registry, repository, digest, { mediaType, bytes });
  io.err.write(
    `attached ${file} itself to ${target.name}: it is too long for a statement, which refers to it ("cosign verify-attestation" does not see it)\n`,
  );
  const location = documentLocation(host, isLoopbackHost(host), repository, stored.digest);
  return createReferenceStatement(digest, { stored, location }, ATTESTER);
}
