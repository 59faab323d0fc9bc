import { Option } from 'commander';
import { dryRunOption, waitOption } from '../action-options.ts';
import type { PromotionAnswer, PromotionPreviewAnswer, PromotionRequestAnswer } from '../api-answers.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { follow } from '../follow.ts';
import { readPromotion } from '../read-promotion.ts';
import {
  approveCommand,
  awaitsPerson,
  describePromotion,
  renderPromotion,
  renderPromotionPreview,
} from '../render-promotion.ts';
import { defineServerCommand, type ServerContext } from '../server-command.ts';
import type { Verb } from '../verb.ts';
import { refArgument } from './artifact.ts';

interface PromoteFlags {
  readonly to: string;
  readonly dryRun?: true;
  readonly rollback?: true;
  readonly wait?: true;
}

const DETAILS = `
Exit code 0: live, or under way without --wait; 1: denied, rejected or ended otherwise; 4: somebody has to approve, and stderr
says with which command. --rollback moves the tag that the artifact lost there last, or the one that is named
(shop/web:latest@sha256:…); what was gone back from does not come back by itself. With --dry-run 0 where it would enter now, 1 where something refuses it, 4 where it would wait.
`;

/** `live`, or still on its way: 0. Waiting for a person: 4. Ended otherwise: 1. */
function exitOf(promotion: PromotionAnswer): ExitCode {
  if (awaitsPerson(promotion)) return exitCodes.waiting;
  return promotion.state === 'live' || promotion.endedAt === null ? exitCodes.pass : exitCodes.fail;
}

function exitOfPreview({ wouldEnter, refusedBy }: PromotionPreviewAnswer): ExitCode {
  if (wouldEnter) return exitCodes.pass;
  return refusedBy.length > 0 ? exitCodes.fail : exitCodes.waiting;
}

async function promote(context: ServerContext, ref: string, flags: PromoteFlags): Promise<ExitCode> {
  const { api, io, show, note } = context;
  const request = { ref, environment: flags.to, rollback: flags.rollback === true };
  if (flags.dryRun) {
    const preview = await api.post<PromotionPreviewAnswer>('/promotions', { ...request, dryRun: true });
    show(preview, renderPromotionPreview);
    return exitOfPreview(preview);
  }
  const { outcome, promotion: id } = await api.post<PromotionRequestAnswer>('/promotions', request);
  if (outcome !== 'requested')
    note(outcome === 'already-live' ? 'it is live there already' : 'it was asked for already');
  const read = () => readPromotion(api, id);
  const isOver = (now: PromotionAnswer) => now.state === 'live' || now.endedAt !== null || awaitsPerson(now);
  const promotion = flags.wait
    ? await follow<PromotionAnswer>({ read, describe: describePromotion, isOver }, note, io.signal)
    : await read();
  show(promotion, renderPromotion);
  if (awaitsPerson(promotion)) note(`waits for a person: ${approveCommand(promotion)}`);
  else if (!isOver(promotion)) note('under way; --wait follows it');
  return exitOf(promotion);
}

/** `pratique promote`: asks for an artifact to enter an environment. */
export const verb: Verb = {
  define(command, context) {
    defineServerCommand<PromoteFlags>(command, context, {
      summary: 'Take an artifact into an environment, through its gates',
      details: DETAILS,
      arguments: [refArgument],
      options: [
        new Option('--to <environment>', 'where to').makeOptionMandatory(),
        dryRunOption(),
        waitOption('it is live, has ended, or waits for a person'),
        new Option('--rollback', 'let an older build take the place of a newer one'),
      ],
      permission: 'promotion.request',
      examples: [
        'promote shop/web:1.0 --to staging --wait',
        'promote shop/web:1.0 --to prod --dry-run',
        'promote shop/web@sha256:… --to prod --rollback',
      ],
      run: (server, [ref = ''], flags) => promote(server, ref, flags),
    });
  },
};
