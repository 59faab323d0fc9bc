import { Option } from 'commander';
import type { PromotionSummary } from '../../../adapters/postgres/read-promotions.ts';
import { storedPromotionStates } from '../../../domain/promotion/state.ts';
import { exitCodes } from '../exit-codes.ts';
import { limitOption, listPages } from '../list-pages.ts';
import { findPromotionId, readPromotion } from '../read-promotion.ts';
import { approveCommand, awaitsPerson, renderPromotion, renderPromotions } from '../render-promotion.ts';
import { defineServerCommand } from '../server-command.ts';
import type { Verb } from '../verb.ts';

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
        'promotion list --environment prod --limit 10',
        `promotion list --state waiting --json | jq -r '.items[] | select(.waitingFor.for == "approval").id'`,
      ],
      async run({ api, show }, _, { state, environment, limit }) {
        show(await listPages<PromotionSummary>(api, '/promotions', { state, environment }, limit), renderPromotions);
        return exitCodes.pass;
      },
    });
    defineServerCommand(command.command('get'), context, {
      summary: 'Show one promotion, what it waits for and who decided what',
      arguments: [
        ['<promotion>', 'a promotion, or an environment'],
        ['[ref]', 'the artifact, where an environment was named'],
      ],
      permission: 'read',
      examples: ['promotion get prod shop/web:1.0', 'promotion get prod/shop/web@sha256:… --json'],
      async run({ api, show, note }, [name = '', ref = '']) {
        const promotion = await readPromotion(api, await findPromotionId(api, name, ref));
        show(promotion, renderPromotion);
        if (awaitsPerson(promotion)) note(`waits for a person: ${approveCommand(promotion)}`);
        return exitCodes.pass;
      },
    });
  },
};
