import type { Command } from 'commander';
import type { SummaryQuestion } from '../../domain/trust/check-summary.ts';
import { parsePredicateName, predicateNames } from '../../domain/trust/predicate-name.ts';
import { predicateTypes } from '../../domain/trust/statement.ts';
import { CliError } from './cli-error.ts';
import { formatEvidence } from './evidence-table.ts';
import { type DigestTarget, type EvidenceTarget, openEvidenceSubject, openEvidenceTarget } from './evidence-target.ts';
import { exitCodes } from './exit-codes.ts';
import { type FoundEvidence, findEvidence } from './find-evidence.ts';
import type { CliIo } from './io.ts';
import {
  type CheckedEvidence,
  countSignatures,
  judgeEvidence,
  judgeSimpleSigning,
  type WantedEvidence,
} from './judge-evidence.ts';
import { provenanceQuestion, wantedTypes } from './provenance-options.ts';
import { createDocumentFinder } from './referenced-documents.ts';
import { refuseUnaskedPins } from './refuse-unasked-pins.ts';
import { withAdvice } from './rejection-advice.ts';
import { readTrustedSigners } from './signer-options.ts';
import type { VerifyOptions } from './verify-options.ts';

/** Who is trusted, and for which predicate type. Throws a CliError where the options name nobody. */
async function readWanted(command: Command, options: VerifyOptions, io: CliIo): Promise<WantedEvidence> {
  const predicateType = parsePredicateName(options.type ?? 'signature');
  if (predicateType === undefined)
    throw new CliError(
      exitCodes.usage,
      'TYPE_UNKNOWN',
      `--type ${options.type}: not a URI and none of ${predicateNames.join(', ')}`,
    );
  const types = wantedTypes(options.type, predicateType);
  refuseUnaskedPins(command, types);
  return {
    ...(await readTrustedSigners(options, io)),
    predicateTypes: types,
    provenance: provenanceQuestion(types, options),
  };
}

/** Where documents that are signed by reference are looked for. */
function documentsOf(target: EvidenceTarget | DigestTarget): Pick<WantedEvidence, 'documents'> {
  if (target.kind !== 'image' && target.kind !== 'layout') return {};
  const host = target.kind === 'image' ? target.host : undefined;
  return { documents: createDocumentFinder(target.registry, target, host) };
}

async function judge(
  found: FoundEvidence,
  target: EvidenceTarget | DigestTarget,
  wanted: WantedEvidence,
): Promise<CheckedEvidence> {
  switch (found.kind) {
    case 'bundle':
      return judgeEvidence(found, target, wanted);
    case 'signature':
      return judgeSimpleSigning(found, target, wanted);
    case 'refused':
      return found.evidence;
    case 'unreadable':
      return { source: found.source, outcome: 'rejected', code: 'UNREADABLE', reason: found.reason };
  }
}

const NO_EVIDENCE_INSIDE =
  'this layout has no evidence in it: copy it with the image (oras copy -r --to-oci-layout), or name it with --bundle\n';

/** A summary counts where it is used: for an image, in the repository it was named in. */
function summaryQuestion(
  types: readonly string[],
  target: EvidenceTarget | DigestTarget,
  { resourceUri, verifierId, maxAge }: VerifyOptions,
): SummaryQuestion | undefined {
  if (!types.includes(predicateTypes.vsa)) return undefined;
  const place =
    resourceUri ?? (target.kind === 'image' ? target.name.slice(0, target.name.lastIndexOf('@')) : undefined);
  if (place === undefined)
    throw new CliError(
      exitCodes.usage,
      'OPTIONS_INCOMPLETE',
      'a verification summary is about one place: name it with --resource-uri REGISTRY/REPOSITORY',
    );
  return { resourceUri: place, verifier: verifierId, maximumAge: maxAge, now: new Date().toISOString() };
}

/** Checks evidence as Sigstore and cosign make it, writes what was found, and says whether any of it counts. */
export async function verifyWithSigstore(
  argument: string,
  command: Command,
  options: VerifyOptions,
  asJson: boolean,
  io: CliIo,
): Promise<boolean> {
  if (options.postQuantumBundle !== undefined && options.bundle === undefined)
    throw new CliError(
      exitCodes.usage,
      'OPTIONS_INCOMPLETE',
      '--post-quantum-bundle is the second of two files: name the first with --bundle',
    );
  if (options.offline === true && options.githubRepo !== undefined)
    throw new CliError(
      exitCodes.usage,
      'OPTIONS_CONFLICT',
      '--github-repo asks GitHub, and --offline nobody but the registry: give one of them',
    );
  const named = await readWanted(command, options, io);
  const open = options.bundle === undefined ? openEvidenceTarget : openEvidenceSubject;
  const target = await open(argument, io);
  const wanted = {
    ...named,
    ...documentsOf(target),
    summary: summaryQuestion(named.predicateTypes, target, options),
  };
  const checked: CheckedEvidence[] = [];
  try {
    for await (const found of findEvidence(target, options, io)) checked.push(await judge(found, target, wanted));
  } finally {
    if (target.kind === 'layout') await target.dispose();
  }
  if (target.kind === 'layout' && checked.length === 0) io.err.write(NO_EVIDENCE_INSIDE);
  const counted = countSignatures(checked, options.signatures);
  const verified = counted.some(({ outcome }) => outcome === 'verified');
  const { name, digest } = target;
  const type = wanted.predicateTypes.join(' or ');
  if (asJson)
    io.out.write(
      `${JSON.stringify({ target: name, digest, type, verified, evidence: withAdvice(counted) }, null, 2)}\n`,
    );
  else io.out.write(formatEvidence(name, type, counted));
  return verified;
}
