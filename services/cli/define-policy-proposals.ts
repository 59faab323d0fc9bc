import { type Command, Option } from 'commander';
import type { PolicyProposal } from '../../domain/policy/policy-proposal.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { defineServerCommand } from './server-command.ts';
import { formatTime, type Style } from './style.ts';
import { formatTable } from './text-table.ts';
import type { VerbContext } from './verb.ts';

interface Decided {
  readonly outcome: 'counted' | 'activated' | 'ended';
  readonly reason: string;
}

const exits: Readonly<Record<Decided['outcome'], ExitCode>> = {
  activated: exitCodes.pass,
  counted: exitCodes.waiting,
  ended: exitCodes.fail,
};

/** `pratique policy proposals`, `approve` and `reject`: policies that wait for people. */
export function definePolicyProposals(command: Command, context: VerbContext): void {
  defineServerCommand(command.command('proposals'), context, {
    summary: 'List proposed policies, newest first; with --json, their text',
    permission: 'read',
    examples: ['policy proposals', 'policy proposals --json'],
    async run({ api, show }) {
      show(await api.get<{ items: readonly PolicyProposal[] }>('/policies/proposals'), renderProposals);
      return exitCodes.pass;
    },
  });
  for (const verb of ['approve', 'reject'] as const)
    defineServerCommand<{ reason: string }>(command.command(verb), context, {
      summary: verb === 'approve' ? 'Agree to a proposed policy' : 'Reject a proposed policy',
      details: '\nExit code 0 when it is in force, 4 while more people must agree, 1 when it ended otherwise.\n',
      arguments: [['<proposal>', 'its id, as `pratique policy proposals` shows it']],
      options: [new Option('--reason <text>', 'for the record').makeOptionMandatory()],
      permission: 'policy.decide',
      examples: [
        `policy ${verb} 6f1c3d52-8c1e-4c55-9f0e-2f6a3a0b7d11 --reason "read it line by line"`,
        `policy ${verb} 6f1c3d52-8c1e-4c55-9f0e-2f6a3a0b7d11 --reason "as agreed" --json`,
      ],
      async run({ api, show }, [id = ''], { reason }) {
        const answer = await api.post<Decided>(`/policies/proposals/${encodeURIComponent(id)}/${verb}`, { reason });
        show(answer, ({ outcome, reason: why }) => `${outcome === 'activated' ? 'in force' : outcome}: ${why}\n`);
        return exits[answer.outcome];
      },
    });
}

function renderProposals({ items }: { readonly items: readonly PolicyProposal[] }, style: Style): string {
  if (items.length === 0) return 'no proposals\n';
  const rows = items.map(({ id, version, proposedBy, proposedAt, state, decisions, reason }) => [
    id,
    String(version),
    state,
    `${proposedBy}, ${formatTime(proposedAt, style)}`,
    decisions.map(({ principal, verb }) => `${verb} ${principal}`).join(', ') || '-',
    reason || '-',
  ]);
  return formatTable(['PROPOSAL', 'VERSION', 'STATE', 'PROPOSED BY', 'DECIDED', 'REASON'], rows);
}
