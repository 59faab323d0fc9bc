/** Inputs of a build as SLSA provenance lists them, and the source repository among them. */
import { z } from 'zod';

const digestSet = z.record(z.string().max(64), z.string().max(256));

/** A v1 resource descriptor or a v0.2 material, as far as anybody asks (in-toto resource_descriptor.md, digest_set.md). */
export const materialSchema = z.object({
  name: z.string().max(4096).nullish(),
  uri: z.string().max(4096).nullish(),
  digest: digestSet.nullish(),
});
export type Material = z.infer<typeof materialSchema>;

export interface ProvenanceSource {
  /** Clone URL, without the form's `git+`, revision, `.git` and trailing slash. */
  readonly repository: string;
  /** `refs/heads/main`, `refs/tags/v1`: as it was named, and no promise that it is there still. */
  readonly ref?: string;
  /** 40 or 64 lower-case hex digits. */
  readonly commit?: string;
}

const COMMIT = /^(?:[a-f0-9]{40}|[a-f0-9]{64})$/;

/**
 * The repository that was built. Where parameters name it, only a material of that repository gives the commit; else the one
 * repository among the materials does. Two different candidates are no answer: a wrong commit is worse than none.
 */
export function findSource(
  inputs: readonly Material[],
  named: string | undefined,
  ref?: string,
): ProvenanceSource | undefined {
  const found = inputs.flatMap(toSource);
  const wanted = named === undefined ? undefined : repositoryOf(named);
  const candidates = wanted === undefined ? found : found.filter(({ repository }) => repository === wanted);
  const distinct = [...new Map(candidates.map((source) => [`${source.repository}@${source.commit}`, source])).values()];
  const [only] = distinct;
  if (only !== undefined && distinct.length === 1) return ref === undefined ? only : { ...only, ref };
  return wanted === undefined ? undefined : { repository: wanted, ...(ref === undefined ? {} : { ref }) };
}

/**
 * `gitCommit` is the v1 name; GitHub's generators, BuildKit and Tekton Chains write the commit as `sha1`, and GitLab's runner
 * writes one of 40 digits as `sha256`, where no hash of that name is so short.
 */
export function commitOf({ digest }: Material): string | undefined {
  const shortSha256 = digest?.sha256?.length === 40 ? digest.sha256 : undefined;
  const commit = digest?.gitCommit ?? digest?.sha1 ?? shortSha256;
  return commit !== undefined && COMMIT.test(commit) ? commit : undefined;
}

function toSource(input: Material): ProvenanceSource[] {
  const commit = commitOf(input);
  if (typeof input.uri !== 'string' || commit === undefined) return [];
  if (!/^(?:git\+|https:\/\/|ssh:\/\/|git:\/\/)/.test(input.uri)) return [];
  const ref = refOf(input.uri);
  return [{ repository: repositoryOf(input.uri), commit, ...(ref === undefined ? {} : { ref }) }];
}

/** `…@refs/heads/main` as SPDX locations have it, `….git#refs/tags/v1:folder` as BuildKit's contexts do. */
function refOf(uri: string): string | undefined {
  return /[@#](refs\/[^\s:?#@]+)/.exec(uri)?.[1];
}

/** `git+https://host/owner/name@refs/heads/main` → `https://host/owner/name`; `.git` and a trailing slash go; `git+file://` becomes the path. */
export function repositoryOf(uri: string): string {
  const location = uri.replace(/^git\+/, '').replace(/^file:\/\//, '');
  const afterHost = location.indexOf('/', location.indexOf('://') + 3);
  const at = location.indexOf('@', Math.max(afterHost, 0));
  return (at === -1 ? location : location.slice(0, at))
    .replace(/[?#].*$/, '')
    .replace(/\/$/, '')
    .replace(/\.git$/, '');
}
