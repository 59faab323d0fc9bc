import type { Command } from 'commander';
import { reasonOption } from './action-options.ts';
import type { DecisionAnswer, ReleaseAnswer } from './api-answers.ts';
import { exitCodes } from './exit-codes.ts';
import { findPromotionId } from './read-promotion.ts';
import { renderRelease } from './render-release.ts';
import { defineServerCommand } from './server-command.ts';
import { paintState } from './style.ts';
import type { VerbContext } from './verb.ts';

const DETAILS = `
<promotion> is promotion/<environment>/<repository>@<digest>, the same without "promotion/", or an environment followed by a
reference to the artifact. Exit code 1 where the decision does not count: of who asked for it, built it or committed it, or twice.
`;

/** Declares `approve` or `reject`: the same question, answered the one way or the other. */
export function defineDecision(command: Command, context: VerbContext, verb: 'approve' | 'reject'): void {
  defineServerCommand<{ reason: string }>(command, context, {
    summary:
      verb === 'approve'
        ? 'Approve what waits: a promotion or a release'
        : 'Reject what waits: a promotion or a release',
    details: DETAILS,
    arguments: [
      ['<promotion>', 'a promotion, an environment, or a release (rel-…)'],
      ['[ref]', 'the artifact, where an environment was named'],
    ],
    options: [reasonOption()],
    permission: 'promotion.decide',
    examples: [
      `${verb} prod shop/web:1.0 --reason "${verb === 'approve' ? 'tested on staging' : 'not before the holidays'}"`,
      `${verb} prod/shop/web@sha256:… --reason "SHOP-412"`,
      `${verb} rel-3f1c9a7d2b04 --reason "${verb === 'approve' ? 'the rebuild is identical' : 'the rebuild differs'}"`,
    ],
    async run(server, [name = '', ref = ''], { reason }) {
      if (name.startsWith('rel-') && ref === '') {
        const path = `/releases/${encodeURIComponent(name)}/${verb}`;
        server.show(await server.api.post<ReleaseAnswer>(path, { reason }), renderRelease);
      } else {
        const promotion = await findPromotionId(server.api, name, ref);
        const answer = await server.api.post<DecisionAnswer>(`/promotions/${verb}`, { promotion, reason });
        server.show(answer, ({ state, reason: why }, style) => `${promotion}: ${paintState(state, style)}: ${why}\n`);
      }
      return exitCodes.pass;
    },
  });
}
