import type { Digest } from '../artifact/digest.ts';
import type { BuildIsolation } from '../building/builder.ts';
import { createStatement, predicateTypes, type Statement } from './statement.ts';

/** How the command builder builds: clone, verify the commit, run the recipe, take its OCI layout. */
export const commandBuildType = 'https://pratique.dev/build/command/v1';

/** What a finished build of ours states about itself. Times are RFC 3339. */
export interface BuildRun {
  readonly builderId: string;
  /** Name of the machine that built, for incidents that select by build host. */
  readonly builderHost: string;
  readonly invocationId: string;
  readonly source: {
    readonly repository: string;
    readonly commit: string;
    readonly signedBy: string;
    readonly committerEmail: string;
    readonly committedAt: number;
  };
  /** Tool name to version. */
  readonly toolchain: Readonly<Record<string, string>>;
  readonly startedOn: string;
  readonly finishedOn: string;
  /** What stood between the recipe and the builder's machine, where the builder can tell. */
  readonly isolation?: BuildIsolation;
  /** No command of the recipe had a network. */
  readonly hermetic?: boolean;
  /** Nothing went in but the commit, and what it names by hash. */
  readonly inputsByHash?: boolean;
}

/**
 * What this provenance supports of SLSA's Build track (https://slsa.dev/spec/v1.0/levels): the key was apart from the recipe
 * where the recipe had processes, files and a network of its own; else anything could have been signed. Never 3: what is built
 * shares a kernel with what builds. Whether a builder is believed this much is the policy's to say.
 */
function buildLevel({ isolation }: BuildRun): 1 | 2 {
  return isolation?.namespaces === true && isolation.network ? 2 : 1;
}

/**
 * SLSA provenance v1 of a build by the command builder (https://slsa.dev/spec/v1.0/provenance).
 * The commit is a resolved dependency under `gitCommit` (in-toto digest_set.md). The recipe is part of the commit.
 */
export function createProvenance(subject: Digest, run: BuildRun): Statement {
  const { repository, commit } = run.source;
  return createStatement(subject, predicateTypes.provenance, {
    buildDefinition: {
      buildType: commandBuildType,
      externalParameters: { source: { repository, commit } },
      internalParameters: {
        signedBy: run.source.signedBy,
        committerEmail: run.source.committerEmail,
        sourceDateEpoch: run.source.committedAt,
        ...(run.isolation === undefined ? {} : { isolation: run.isolation }),
        hermetic: run.hermetic === true,
        inputsByHash: run.inputsByHash === true,
        slsaBuildLevel: buildLevel(run),
      },
      resolvedDependencies: [{ uri: toGitUri(repository), digest: { gitCommit: commit } }],
    },
    runDetails: {
      builder: { id: run.builderId, version: run.toolchain },
      metadata: { invocationId: run.invocationId, startedOn: run.startedOn, finishedOn: run.finishedOn },
      byproducts: [{ name: 'builder-host', annotations: { host: run.builderHost } }],
    },
  });
}

/** SPDX's download location form: `git+https://…`; a local path becomes `git+file://…`. */
function toGitUri(repository: string): string {
  return repository.startsWith('/') ? `git+file://${repository}` : `git+${repository}`;
}
