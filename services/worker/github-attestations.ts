import { readFile } from 'node:fs/promises';
import { openGithub, parseGithubPlace } from '../../adapters/github/fetch-attestations.ts';
import { GithubError } from '../../adapters/github/github-error.ts';
import type { AttestationSource } from '../../domain/trust/attestation-source.ts';
import type { WorkerConfig } from './config.ts';

/** GitHub, as it is configured; its token is read anew each time: it may be renewed in its place. */
export function createGithubAttestations({ api, tokenFile, bundleHosts }: WorkerConfig['github']): AttestationSource {
  return {
    async attestationsOf(place, digest) {
      const token = tokenFile === undefined ? undefined : await readToken(tokenFile);
      const github = openGithub({ api, token, bundleHosts });
      try {
        return await github.attestationsOf(parseGithubPlace(place), digest);
      } finally {
        await github.close();
      }
    },
  };
}

async function readToken(file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (cause) {
    throw new GithubError('GITHUB_DENIED', `PRATIQUE_GITHUB_TOKEN_FILE: ${file} cannot be read`, { cause });
  }
}
