import { type Command, Option } from 'commander';
import type { Digest } from '../../domain/artifact/digest.ts';
import type { PolicyProposal } from '../../domain/policy/policy-proposal.ts';
import { bringProof, digestToState } from './bring-proof.ts';
import { CliError } from './cli-error.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { type ProofFlags, proofOptions } from './proof-options.ts';
import { defineServerCommand, type ServerContext } from './server-command.ts';
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

const DETAILS = `
Exit code 0 when it is in force, 4 while more people must agree, 1 when it ended otherwise.

Where the policy in force wants a proof of your own (changes.proof; by default where production enforces), --ssh-key signs what you
decide: the proposal, the digest of its file, you, now. Exit code 4 after --write-statement. A rejection needs none.
`;

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
    defineServerCommand<{ reason: string } & ProofFlags>(command.command(verb), context, {
      summary: verb === 'approve' ? 'Agree to a proposed policy' : 'Reject a proposed policy',
      details: DETAILS,
      arguments: [['<proposal>', 'its id, as `pratique policy proposals` shows it']],
      options: [new Option('--reason <text>', 'for the record').makeOptionMandatory(), ...proofOptions()],
      permission: 'policy.decide',
      examples: [
        `policy ${verb} 6f1c3d52-8c1e-4c55-9f0e-2f6a3a0b7d11 --reason "read it line by line"`,
        `policy ${verb} 6f1c3d52-8c1e-4c55-9f0e-2f6a3a0b7d11 --reason "as agreed" --json`,
        `policy ${verb} 6f1c3d52-8c1e-4c55-9f0e-2f6a3a0b7d11 --reason "read it line by line" --ssh-key ~/.ssh/id_ed25519`,
      ],
      async run(server, [id = ''], flags) {
        const reason = flags.reason.trim();
        const decision = await proposedDigest(server, id, flags);
        const brought = await bringProof(server, flags, { verb, about: `policy-proposal/${id}`, decision, reason });
        if (brought.written) return exitCodes.waiting;
        const answer = await server.api.post<Decided>(`/policies/proposals/${encodeURIComponent(id)}/${verb}`, {
          reason,
          ...(brought.proof === undefined ? {} : { proof: brought.proof }),
        });
        server.show(
          answer,
          ({ outcome, reason: why }) => `${outcome === 'activated' ? 'in force' : outcome}: ${why}\n`,
        );
        return exits[answer.outcome];
      },
    });
}

/** What is proposed, where a statement is to be made of it. */
function proposedDigest(server: ServerContext, id: string, flags: ProofFlags): Promise<Digest | undefined> {
  const unknown = new CliError(exitCodes.usage, 'PROPOSAL_UNKNOWN', `no proposal ${id} is known`, {
    hint: 'pratique policy proposals lists them',
  });
  return digestToState(server, flags, { path: '/policies/proposals', id, unknown });
}

function renderProposals({ items }: { readonly items: readonly PolicyProposal[] }, style: Style): string {
  if (items.length === 0) return 'no proposals\n';
  const rows = items.map(({ id, version, proposedBy, proposedAt, state, decisions, reason }) => [
    id,
    String(version),
    state,
    `${proposedBy}, ${formatTime(proposedAt, style)}`,
    decisions
      .map(({ principal, verb, proof }) => `${verb} ${principal}${proof ? ` (${proof.kind})` : ''}`)
      .join(', ') || '-',
    reason || '-',
  ]);
  return formatTable(['PROPOSAL', 'VERSION', 'STATE', 'PROPOSED BY', 'DECIDED', 'REASON'], rows);
}
