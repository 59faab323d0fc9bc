import type { ProvenanceReader } from '../provenance.ts';
import { buildkit } from './buildkit.ts';
import { commandBuilder } from './command-builder.ts';
import { githubGenerator } from './github-generator.ts';
import { githubWorkflow } from './github-workflow.ts';
import { gitlabCi } from './gitlab-ci.ts';
import { npm } from './npm.ts';
import { tektonChains } from './tekton-chains.ts';

/** Every reader; the first that matches reads. The generator comes before the workflow, whose build type it may write too. */
export const provenanceReaders: readonly ProvenanceReader[] = [
  commandBuilder,
  githubGenerator,
  githubWorkflow,
  npm,
  gitlabCi,
  tektonChains,
  buildkit,
];
