import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { BuildError, type SourceCommit, type VerifiedCommit } from '../../domain/building/builder.ts';
import { type GitFolder, type GitOptions, runGit } from './git.ts';
import { runProcess } from './run-process.ts';

/** Whose commits are built. At least one of the two must name somebody, or every commit is untrusted. */
export interface CommitTrust {
  /** ssh-keygen(1), "ALLOWED SIGNERS": one `principal [options] key` a line. */
  readonly allowedSigners?: string;
  /** Armored OpenPGP public keys. */
  readonly gpgKeys?: readonly string[];
}

/**
 * Establishes who signed the commit: the principal of the allowed signers, or the user id of the key in the keyring; never the
 * author or committer header, which anybody can write. Throws BuildError COMMIT_UNSIGNED or COMMIT_SIGNATURE_UNTRUSTED.
 */
export async function verifyCommit(
  folder: GitFolder,
  source: SourceCommit,
  trust: CommitTrust,
  options: GitOptions,
): Promise<VerifiedCommit> {
  const signatureKind = await readSignatureKind(folder, source, options);
  const allowedSigners = path.join(folder.home, 'allowed-signers');
  await writeFile(allowedSigners, withoutEmptyLines(trust.allowedSigners ?? ''), { mode: 0o600 });
  const keyring = path.join(folder.home, 'gnupg');
  if (signatureKind === 'gpg') await createKeyring(keyring, folder, trust.gpgKeys ?? [], options);
  const how = { settings: [`gpg.ssh.allowedSignersFile=${allowedSigners}`], env: { GNUPGHOME: keyring } };
  const verified = await runGit(folder, ['verify-commit', '--raw', source.commit], options, how);
  // git-log(1), PRETTY FORMATS. %G? is G only for a good signature by a key that is known, valid and not expired or revoked.
  const format = '--format=%G?%x00%GS%x00%ae%x00%ce%x00%ct';
  const shown = await runGit(folder, ['log', '-1', '--no-show-signature', format, source.commit], options, how);
  const [status, signer = '', authorEmail = '', committerEmail = '', committedAt = ''] = shown.stdout
    .toString('utf8')
    .replace(/\n$/, '')
    .split('\0');
  if (verified.ended !== 'exited' || verified.exit !== 0 || shown.exit !== 0 || status !== 'G') {
    // What ssh-keygen and gpg say names the key, or why they could not run; never the signed content.
    const said = verified.stderr.replaceAll(`${allowedSigners}:`, 'allowed signers, line ').trim().split(/\r?\n/);
    const why = said.slice(0, 2).join('; ').slice(0, 300);
    throw untrusted(source, `its ${signatureKind} signature is not by a key that is trusted here: ${why}`);
  }
  return {
    repository: source.repository,
    commit: source.commit,
    signedBy: toPrincipal(signer, signatureKind, source),
    signatureKind,
    authorEmail,
    committerEmail,
    committedAt: Number(committedAt),
  };
}

/** ssh-keygen(1) says that it ignores them, and reports each as a line without a key. The others keep their numbers. */
function withoutEmptyLines(allowedSigners: string): string {
  return `${allowedSigners.trimEnd().replace(/^[ \t]*\r?$/gm, '#')}\n`;
}

/** gitformat-signature(5): the `gpgsig` (or `gpgsig-sha256`) header of the commit object. */
async function readSignatureKind(folder: GitFolder, source: SourceCommit, options: GitOptions): Promise<'ssh' | 'gpg'> {
  const { stdout } = await runGit(folder, ['cat-file', 'commit', source.commit], options);
  const header = stdout.toString('latin1').split('\n\n', 1)[0] ?? '';
  const armor = /^gpgsig(?:-sha256)? -----BEGIN ([A-Z ]+)-----$/m.exec(header)?.[1];
  switch (armor) {
    case 'SSH SIGNATURE':
      return 'ssh';
    case 'PGP SIGNATURE':
      return 'gpg';
    case undefined:
      throw new BuildError(
        'COMMIT_UNSIGNED',
        `${source.repository}: commit ${source.commit} carries no signature; sign it (git commit -S) or build another`,
      );
    default:
      throw untrusted(source, `a ${armor} is not a kind of signature that is checked here (SSH and OpenPGP are)`);
  }
}

async function createKeyring(keyring: string, folder: GitFolder, keys: readonly string[], options: GitOptions) {
  await mkdir(keyring, { recursive: true, mode: 0o700 });
  // The keyring holds only what the operator gave, so everything in it is trusted; no agent, no key server, no locating.
  const settings = 'batch\nno-autostart\ntrust-model always\nno-auto-key-retrieve\nno-auto-key-locate\n';
  await writeFile(path.join(keyring, 'gpg.conf'), settings);
  if (keys.length === 0) return;
  const file = path.join(keyring, 'given.asc');
  await writeFile(file, keys.join('\n'));
  const outcome = await runProcess(['gpg', '--quiet', '--import', file], {
    cwd: keyring,
    env: { PATH: options.path, HOME: folder.home, GNUPGHOME: keyring, LC_ALL: 'C' },
    timeoutMs: 60_000,
    maxOutput: 1024 ** 2,
    signal: options.signal,
  });
  if (outcome.exit !== 0)
    throw new BuildError(
      'COMMIT_SIGNATURE_UNTRUSTED',
      'the configured OpenPGP keys cannot be imported: check their armor',
    );
}

function toPrincipal(signer: string, kind: 'ssh' | 'gpg', source: SourceCommit): string {
  const principal = kind === 'gpg' ? (/<([^<>]+)>\s*$/.exec(signer)?.[1] ?? signer) : signer;
  // A pattern names many people, and approvals must know one.
  if (principal === '' || /[*?!,\s]/.test(principal))
    throw untrusted(
      source,
      `the allowed signers give ${JSON.stringify(principal)} for its key: name one principal a line`,
    );
  return principal;
}

function untrusted(source: SourceCommit, why: string): BuildError {
  return new BuildError('COMMIT_SIGNATURE_UNTRUSTED', `${source.repository}: commit ${source.commit}: ${why}`);
}
