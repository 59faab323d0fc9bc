/** The flags that have GitHub asked for what it keeps of a digest. */
import { type Command, Option } from 'commander';
import { githubBundleHosts } from '../../adapters/github/github-bundle-hosts.ts';
import type { Digest } from '../../domain/artifact/digest.ts';
import { CliError } from './cli-error.ts';
import { exitCodes } from './exit-codes.ts';
import type { CliIo } from './io.ts';
import { parseMirror } from './tuf-options.ts';

export interface GithubOptions {
  readonly githubRepo?: string;
  readonly githubApi: string;
}

export function addGithubOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--github-repo <owner/repository>',
        'ask GitHub too, for attestations of this digest there (an owner alone: of any of theirs); with GITHUB_TOKEN or GH_TOKEN where it is set',
      ),
    )
    .addOption(
      new Option('--github-api <url>', 'its API; of an Enterprise Server https://HOST/api/v3')
        .argParser(parseMirror)
        .default('https://api.github.com'),
    );
}

/** Nothing where the options name no repository. Throws a CliError. */
export async function readGithubBundles(
  { githubRepo, githubApi }: GithubOptions,
  digest: Digest,
  io: CliIo,
): Promise<readonly Uint8Array[]> {
  if (githubRepo === undefined) return [];
  const { openGithub, parseGithubPlace } = await import('../../adapters/github/fetch-attestations.ts');
  const { GithubError } = await import('../../adapters/github/github-error.ts');
  const token = io.env.GITHUB_TOKEN || io.env.GH_TOKEN || undefined;
  const github = openGithub({ api: githubApi, token, bundleHosts: githubBundleHosts });
  try {
    return await github.attestationsOf(parseGithubPlace(githubRepo), digest);
  } catch (error) {
    if (!(error instanceof GithubError)) throw error;
    const exit = error.code === 'GITHUB_PLACE_INVALID' ? exitCodes.usage : exitCodes.infrastructure;
    throw new CliError(exit, error.code, error.message, { cause: error });
  } finally {
    await github.close();
  }
}
