import { type Command, Option } from 'commander';
import type { Digest } from '../../domain/artifact/digest.ts';
import { reasonOption } from './action-options.ts';
import type { DecisionAnswer, ReleaseAnswer } from './api-answers.ts';
import { bringProof, digestToState } from './bring-proof.ts';
import { CliError } from './cli-error.ts';
import { exitCodes } from './exit-codes.ts';
import { type ProofFlags, proofOptions } from './proof-options.ts';
import { findPromotionId, readPromotion } from './read-promotion.ts';
import { renderRelease } from './render-release.ts';
import { defineServerCommand, type ServerContext } from './server-command.ts';
import { paintState, shortDigest } from './style.ts';
import type { VerbContext } from './verb.ts';

const DETAILS = `
<promotion> is promotion/<environment>/<repository>@<digest>, the same without "promotion/", or an environment followed by a
reference to the artifact. Exit code 1 where the decision does not count: of who asked for it, built it or committed it, or twice; and where what is
decided has changed since it was shown.

Where the policy wants a proof of your own, --ssh-key signs what you decide (artifact, environment, decision, you, now) with a key
that an administrator registered as yours: pratique principal join YOU ssh-key FILE.pub. Exit code 4 after --write-statement. With a
passkey it is done on a page of the server, whose address is said where a proof is missing.
`;

/** Declares `approve` or `reject`: the same question, answered the one way or the other. */
export function defineDecision(command: Command, context: VerbContext, verb: 'approve' | 'reject'): void {
  defineServerCommand<{ reason: string; decision?: string } & ProofFlags>(command, context, {
    summary:
      verb === 'approve'
        ? 'Approve what waits: a promotion or a release'
        : 'Reject what waits: a promotion or a release',
    details: DETAILS,
    arguments: [
      ['<promotion>', 'a promotion, an environment, or a release (rel-…)'],
      ['[ref]', 'the artifact, where an environment was named'],
    ],
    options: [
      reasonOption(),
      new Option(
        '--decision <digest>',
        'what was looked at, as "promotion get --full" shows it; otherwise what is shown now',
      ),
      ...proofOptions(),
    ],
    permission: 'promotion.decide',
    examples: [
      `${verb} prod shop/web:1.0 --reason "${verb === 'approve' ? 'tested on staging' : 'not before the holidays'}"`,
      `${verb} prod/shop/web@sha256:… --reason "SHOP-412"`,
      `${verb} prod shop/web:1.0 --reason "${verb === 'approve' ? 'tested on staging' : 'not before the holidays'}" --ssh-key ~/.ssh/id_ed25519`,
      `${verb} rel-3f1c9a7d2b04 --reason "${verb === 'approve' ? 'the rebuild is identical' : 'the rebuild differs'}"`,
    ],
    async run(server, [name = '', ref = ''], flags) {
      const { decision } = flags;
      const reason = flags.reason.trim();
      if (name.startsWith('rel-') && ref === '') {
        const claim = { verb, about: `release/${name}`, decision: await releasedDigest(server, name, flags), reason };
        const brought = await bringProof(server, flags, claim);
        if (brought.written) return exitCodes.waiting;
        const path = `/releases/${encodeURIComponent(name)}/${verb}`;
        const proof = brought.proof === undefined ? {} : { proof: brought.proof };
        server.show(await server.api.post<ReleaseAnswer>(path, { reason, ...proof }), renderRelease);
      } else {
        const promotion = await findPromotionId(server.api, name, ref);
        const seen = decision ?? (await shownDecision(server, promotion, verb));
        const claim = { verb, about: promotion, decision: seen as Digest | undefined, reason };
        const brought = await bringProof(server, flags, claim);
        if (brought.written) return exitCodes.waiting;
        const answer = await server.api.post<DecisionAnswer>(`/promotions/${verb}`, {
          promotion,
          reason,
          ...(seen === undefined ? {} : { decision: seen }),
          ...(brought.proof === undefined ? {} : { proof: brought.proof }),
        });
        server.show(answer, ({ state, reason: why }, style) => `${promotion}: ${paintState(state, style)}: ${why}\n`);
      }
      return exitCodes.pass;
    },
  });
}

/** What a release is about, where a statement is to be made of it. */
function releasedDigest(server: ServerContext, id: string, flags: ProofFlags): Promise<Digest | undefined> {
  const unknown = new CliError(exitCodes.usage, 'RELEASE_UNKNOWN', `no release ${id} waits`, {
    hint: 'pratique incident releases lists them',
  });
  return digestToState(server, flags, { path: '/releases?state=waiting&limit=200', id, unknown });
}

/** What is decided now, said on stderr: the answer is about that and nothing else. */
async function shownDecision(
  { api, note, style }: ServerContext,
  promotion: string,
  verb: 'approve' | 'reject',
): Promise<string | undefined> {
  const { decisionDigest, reason } = await readPromotion(api, promotion);
  if (decisionDigest === null) {
    if (verb === 'reject') return undefined;
    throw new CliError(exitCodes.fail, 'NOT_JUDGED', `${promotion}: there is no verdict to approve yet`, {
      hint: 'Wait until the artifact was judged: pratique promotion get',
    });
  }
  note(`decision ${shortDigest(decisionDigest, style)}${reason === '' ? '' : `: ${reason}`}`);
  return decisionDigest;
}
