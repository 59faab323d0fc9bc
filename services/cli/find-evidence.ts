import { readCosignTags, type TaggedEvidence } from '../../adapters/sigstore/cosign-tags.ts';
import { readEvidence } from '../../adapters/sigstore/read-evidence.ts';
import type { Digest } from '../../domain/artifact/digest.ts';
import { CliError } from './cli-error.ts';
import type { DigestTarget, EvidenceTarget } from './evidence-target.ts';
import { exitCodes } from './exit-codes.ts';
import { readGithubBundles } from './github-options.ts';
import type { CliIo } from './io.ts';
import type { CheckedEvidence } from './judge-evidence.ts';
import { readUserBundles } from './read-user-bundles.ts';
import { refuseAttached } from './refuse-attached.ts';
import type { VerifyOptions } from './verify-options.ts';

const everything = { limit: 1000, known: new Set<Digest>() };

/** One piece of evidence, not checked yet, and the place it is from. */
export type FoundEvidence =
  | { readonly kind: 'bundle'; readonly source: string; readonly bytes: Uint8Array }
  | { readonly kind: 'refused'; readonly evidence: CheckedEvidence }
  | Exclude<TaggedEvidence, { kind: 'attestation' }>;

/**
 * Everything that may be evidence about the target: of the files that are named, of GitHub, or of its registry or layout. Throws a
 * CliError (BUNDLE_NOT_NAMED) for a file whose evidence is nowhere.
 */
export async function* findEvidence(
  target: EvidenceTarget | DigestTarget,
  options: VerifyOptions,
  io: CliIo,
): AsyncGenerator<FoundEvidence> {
  const { githubRepo } = options;
  const fromGithub = await readGithubBundles(options, target.digest, io);
  for (const [index, bytes] of fromGithub.entries())
    yield { kind: 'bundle', source: `github:${githubRepo}#${index + 1}`, bytes };
  if (options.bundle !== undefined) {
    for (const file of [options.bundle, options.postQuantumBundle]) {
      if (file === undefined) continue;
      const bundles = await readUserBundles(file, io);
      if ('outcome' in bundles) {
        yield { kind: 'refused', evidence: { source: file, ...bundles } };
        continue;
      }
      for (const [index, bytes] of bundles.entries())
        yield { kind: 'bundle', source: bundles.length === 1 ? file : `${file}#${index + 1}`, bytes };
    }
  } else if (target.kind === 'file' || target.kind === 'digest') {
    if (githubRepo !== undefined) return;
    throw new CliError(
      exitCodes.usage,
      'BUNDLE_NOT_NAMED',
      `${target.name} is a file: name its evidence with --bundle, or who may have it with --github-repo`,
    );
  } else {
    const { registry, repository, digest } = target;
    const tagged = readCosignTags(registry, repository, digest);
    for await (const found of readEvidence(registry, repository, digest, everything))
      if (found.kind === 'bundle') yield { kind: 'bundle', source: found.manifest, bytes: found.bytes };
      else if (found.kind !== 'envelope') yield { kind: 'refused', evidence: refuseAttached(found, target.name) };
    for await (const found of tagged)
      yield found.kind === 'attestation' ? { kind: 'bundle', source: found.source, bytes: found.bundle } : found;
  }
}
