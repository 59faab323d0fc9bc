import { Option } from 'commander';
import type { PromotionSummary } from '../../../adapters/postgres/read-promotions.ts';
import { storedPromotionStates } from '../../../domain/promotion/state.ts';
import { reasonOption } from '../action-options.ts';
import type { CancelAnswer, RetryAnswer } from '../api-answers.ts';
import { exitCodes } from '../exit-codes.ts';
import { limitOption, listPages } from '../list-pages.ts';
import { findPromotionId, readPromotion } from '../read-promotion.ts';
import { approveCommand, awaitsPerson, renderPromotion, renderPromotions } from '../render-promotion.ts';
import { defineServerCommand } from '../server-command.ts';
import type { Style } from '../style.ts';
import type { Verb } from '../verb.ts';

const CANCEL = `
What waits ends at once. What is being copied does not go live: its copy is taken out again. What is live already is refused, a
quarantine takes it out. It may be asked for again, or pushed again: it does not come back by
itself. Approvals bind what was decided, and count again where it is decided the same.
`;
const promotionArguments = [
  ['<promotion>', 'a promotion, or an environment'],
  ['[ref]', 'the artifact, where an environment was named'],
] as const;

/** `pratique promotion`: what is on its way into which environment, and what it waits for. */
export const verb: Verb = {
  define(command, context) {
    defineServerCommand<{ state?: string; environment?: string; limit: number }>(command.command('list'), context, {
      summary: 'List promotions and what they wait for, last asked for first',
      options: [
        new Option('--state <state>', 'only those in this state').choices(storedPromotionStates),
        new Option('--environment <name>', 'only those into this environment'),
        limitOption(50),
      ],
      permission: 'read',
      examples: [
        'promotion list --state waiting',
        'promotion list --environment prod --state live',
        `promotion list --state waiting --json | jq -r '.items[] | select(.waitingFor.for == "approval").id'`,
      ],
      async run({ api, show }, _, { state, environment, limit }) {
        show(await listPages<PromotionSummary>(api, '/promotions', { state, environment }, limit), renderPromotions);
        return exitCodes.pass;
      },
    });
    defineServerCommand(command.command('get'), context, {
      summary: 'Show one promotion, what it waits for and who decided what',
      arguments: promotionArguments,
      permission: 'read',
      examples: ['promotion get prod shop/web:1.0', 'promotion get prod/shop/web@sha256:… --json'],
      async run({ api, show, note }, [name = '', ref = '']) {
        const promotion = await readPromotion(api, await findPromotionId(api, name, ref));
        show(promotion, renderPromotion);
        if (awaitsPerson(promotion)) note(`waits for a person: ${approveCommand(promotion)}`);
        return exitCodes.pass;
      },
    });
    defineServerCommand<{ reason: string }>(command.command('cancel'), context, {
      summary: 'End a promotion that is not live yet',
      details: CANCEL,
      arguments: promotionArguments,
      options: [reasonOption()],
      permission: 'promotion.cancel',
      examples: [
        'promotion cancel prod shop/web:1.0 --reason "the wrong build"',
        'promotion cancel prod/shop/web@sha256:… --reason "SHOP-412" --json',
      ],
      async run({ api, show }, [name = '', ref = ''], { reason }) {
        const promotion = await findPromotionId(api, name, ref);
        show(await api.post<CancelAnswer>('/promotions/cancel', { promotion, reason: reason.trim() }), renderCancel);
        return exitCodes.pass;
      },
    });
    defineServerCommand(command.command('retry'), context, {
      summary: 'Try the step now that failed and waits for its next try',
      arguments: promotionArguments,
      permission: 'step.retry',
      examples: ['promotion retry prod shop/web:1.0', 'promotion retry prod/shop/web@sha256:… --json'],
      async run({ api, show }, [name = '', ref = '']) {
        const promotion = await findPromotionId(api, name, ref);
        show(await api.post<RetryAnswer>('/promotions/retry', { promotion }), () => `${promotion}: tried now\n`);
        return exitCodes.pass;
      },
    });
  },
};

function renderCancel({ outcome, promotion }: CancelAnswer, style: Style): string {
  const said = outcome === 'cancelled' ? 'cancelled' : 'does not go live; what it copied is taken out again';
  return `${promotion}: ${style.paint.yellow(said)}\n`;
}
