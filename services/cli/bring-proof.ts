import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Digest } from '../../domain/artifact/digest.ts';
import { type ApprovalClaim, approvalNamespace, approvalText } from '../../domain/identity/approval-claim.ts';
import type { GivenProof } from '../../domain/identity/approval-proof.ts';
import { CliError } from './cli-error.ts';
import { exitCodes } from './exit-codes.ts';
import type { ProofFlags } from './proof-options.ts';
import type { ServerContext } from './server-command.ts';
import { signWithSsh } from './sign-with-ssh.ts';
import { readUserFile } from './signing-key.ts';

/**
 * What is sent along with a decision: a proof, or nothing where none was asked for. `written` where the statement was only
 * written down. Throws a CliError.
 */
export async function bringProof(
  server: ServerContext,
  flags: ProofFlags,
  claim: Omit<ApprovalClaim, 'by' | 'at'>,
): Promise<{ readonly written: true } | { readonly written: false; readonly proof?: GivenProof }> {
  const { sshKey, writeStatement, statement: statementFile, signature: signatureFile, identityToken } = flags;
  const { io } = server;
  const ways = [sshKey, signatureFile, identityToken].filter((one) => one !== undefined).length;
  if (ways > 1 || (writeStatement !== undefined && (ways > 0 || statementFile !== undefined)))
    throw usage('one proof is enough: give --ssh-key, --signature or --identity-token; --write-statement stands alone');
  if (statementFile === undefined && (signatureFile !== undefined || identityToken !== undefined))
    throw usage(
      '--signature and --identity-token are of a statement: name the file of --write-statement as --statement',
    );
  if (statementFile !== undefined) {
    if (ways === 0) throw usage('--statement proves nothing by itself: add --ssh-key, --signature or --identity-token');
    const statement = (await readUserFile(statementFile, io)).toString('utf8');
    if (sshKey !== undefined) return { written: false, proof: await signed(server, statement, sshKey) };
    if (signatureFile !== undefined) {
      const signature = (await readUserFile(signatureFile, io)).toString('utf8');
      return { written: false, proof: { statement, signature } };
    }
    return { written: false, proof: { statement, identityToken: await readToken(identityToken ?? '', io) } };
  }
  if (!makesStatement(flags)) return { written: false };
  const { subject } = await server.api.get<{ subject: string }>('/identity');
  const statement = approvalText({ ...claim, by: subject, at: (io.now?.() ?? new Date()).toISOString() });
  if (sshKey !== undefined) return { written: false, proof: await signed(server, statement, sshKey) };
  await write(server, statement, writeStatement ?? '');
  return { written: true };
}

/** A statement is made here, and not read from a file. */
function makesStatement({ sshKey, writeStatement, statement }: ProofFlags): boolean {
  return statement === undefined && (sshKey !== undefined || writeStatement !== undefined);
}

interface Decided {
  readonly id: string;
  readonly digest: string;
}

/** What is decided about, of those that `path` lists, where a statement is to be made of it. Throws `unknown` where it is not there. */
export async function digestToState(
  { api }: ServerContext,
  flags: ProofFlags,
  { path: list, id, unknown }: { readonly path: string; readonly id: string; readonly unknown: CliError },
): Promise<Digest | undefined> {
  if (!makesStatement(flags)) return undefined;
  const { items } = await api.get<{ readonly items: readonly Decided[] }>(list);
  const found = items.find((one) => one.id === id);
  if (found === undefined) throw unknown;
  return found.digest as Digest;
}

async function signed({ io }: ServerContext, statement: string, keyFile: string): Promise<GivenProof> {
  return { statement, signature: await signWithSsh(statement, keyFile, approvalNamespace, io) };
}

async function write({ io, note }: ServerContext, statement: string, file: string): Promise<void> {
  await writeFile(path.resolve(io.cwd, file), statement);
  const nonce = createHash('sha256').update(statement).digest('base64url');
  note(`${file} is what you prove, within ten minutes. Sign it:`);
  note(`  ssh-keygen -Y sign -n ${approvalNamespace} -f KEY ${file}`);
  note(`or ask for an identity token with the nonce ${nonce} (or the audience pratique-approval:${nonce}).`);
  note(`Then decide again with --statement ${file}, and --signature ${file}.sig or --identity-token TOKEN.`);
}

async function readToken(given: string, io: ServerContext['io']): Promise<string> {
  if (/^[\w-]+\.[\w-]+\.[\w-]+$/.test(given)) return given;
  return (await readUserFile(given, io)).toString('utf8').trim();
}

function usage(message: string): CliError {
  return new CliError(exitCodes.usage, 'PROOF_USAGE', message);
}
