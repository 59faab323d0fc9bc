import { Option } from 'commander';
import type { RebuildDetail } from '../../../adapters/postgres/read-rebuilds.ts';
import { reasonOption, waitOption } from '../action-options.ts';
import { exitCodes } from '../exit-codes.ts';
import { follow } from '../follow.ts';
import { describeRebuild, renderRebuild } from '../render-rebuild.ts';
import { defineServerCommand } from '../server-command.ts';
import type { Verb } from '../verb.ts';
import { refArgument } from './artifact.ts';

const DETAILS = `
Built again from the commit its verified provenance names, and compared with the original file by file. With --wait exit code 0
where it is identical, 1 where it differs, 3 where it failed; without, "pratique artifact timeline" says what came of it. It is
refused where the policy names no source for it, or no provenance that verifies names the commit. The new artifact goes through
the same gates by itself.
`;

/** `pratique rebuild`: builds an artifact again from trusted source. */
export const verb: Verb = {
  define(command, context) {
    defineServerCommand<{ reason: string; incident?: string; wait?: true }>(command, context, {
      summary: 'Build an artifact again from trusted source, and show what differs',
      details: DETAILS,
      arguments: [refArgument],
      options: [
        reasonOption(),
        new Option('--incident <id>', 'the incident it is made for'),
        waitOption('it is built and compared'),
      ],
      permission: 'rebuild.request',
      examples: [
        'rebuild shop/web:1.0 --reason "the builder was compromised" --wait',
        'rebuild sha256:… --reason "SEC-88" --incident inc-2026-11-21-5f0c9e1a',
      ],
      async run({ api, io, show, note }, [ref], { reason, incident, wait }) {
        const body = { ref, reason, ...(incident === undefined ? {} : { incident }) };
        const asked = await api.post<{ outcome: string; rebuild: string }>('/rebuilds', body);
        if (asked.outcome === 'already-open') note('it was asked for already');
        const read = () => api.get<RebuildDetail>(`/rebuilds/${encodeURIComponent(asked.rebuild)}`);
        const isOver = ({ state }: RebuildDetail) => state !== 'requested' && state !== 'building';
        const rebuild = wait
          ? await follow({ read, describe: describeRebuild, isOver }, note, io.signal)
          : await read();
        show(rebuild, renderRebuild);
        if (!isOver(rebuild))
          note(`what comes of it: pratique artifact timeline ${ref}; the same with --wait follows it`);
        if (rebuild.state === 'failed') return exitCodes.infrastructure;
        return rebuild.state === 'different' ? exitCodes.fail : exitCodes.pass;
      },
    });
  },
};
