import { findSource } from '../material.ts';
import type { ProvenanceReader } from '../provenance.ts';

/** `npm publish --provenance` before provenance v1, on GitHub and GitLab (npm/cli, workspaces/libnpmpublish/lib/provenance.js). */
export const npm: ProvenanceReader = {
  producer: 'npm',
  matches: ({ buildType }) => buildType.startsWith('https://github.com/npm/cli/'),
  read({ configSource, inputs }) {
    return {
      source: findSource(
        configSource === undefined ? inputs : [configSource, ...inputs],
        configSource?.uri ?? undefined,
      ),
      entryPoint: configSource?.entryPoint ?? undefined,
      limits: [{ level: 2, reason: 'npm makes the provenance in the job that builds' }],
    };
  },
};
