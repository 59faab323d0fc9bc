import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { RegistryService } from '../../domain/identity/registry-access.ts';

/** Where one stack keeps its state (`PRATIQUE_HOME`, default `<cwd>/.pratique`). All paths are absolute. */
export interface StackHome {
  readonly dir: string;
  /** What runs, and how to reach it; mode 0600: it holds the database password. */
  readonly recordFile: string;
  /** Which ports it had; stays after `down`: what was signed names the registry's. */
  readonly portsFile: string;
  readonly lockFile: string;
  /** Who has the lock. */
  readonly lockHolderFile: string;
  readonly secretsDir: string;
  readonly webhookSecretFile: string;
  readonly keyPassphraseFile: string;
  readonly postgresPasswordFile: string;
  /** Encrypted signing keys; given to the trust service only. */
  readonly keysDir: string;
  /** The builder's own key: shared with nobody, also not with the trust service. */
  readonly builderKeysDir: string;
  readonly builderPassphraseFile: string;
  /** Whose commits the builder builds: ssh-keygen(1), ALLOWED SIGNERS. Empty at first. */
  readonly allowedSignersFile: string;
  /** Signs the registry's tokens, and nothing else; given to the gateway only. */
  readonly registryTokenKeyFile: string;
  /** What the registry checks them with. */
  readonly registryTokenCertificateFile: string;
  /** Hashes of the passwords below, for the gateway. */
  readonly registryServicesFile: string;
  /** The password of one of Pratique's own credentials; each is given to the services that do that work. */
  registryPasswordFile(service: RegistryService): string;
  /** One of our services' logins at the registry, in the form of Docker's config.json, and nobody else's. */
  registryLoginDir(process: string): string;
  /** The token of the person who runs the stack for pushing and pulling with any client, written by a step of prepare.ts. */
  readonly pushTokenFile: string;
  readonly policyFile: string;
  /** The first admin's token, written by a step of prepare.ts. */
  readonly adminTokenFile: string;
  dataDir(part: string): string;
  logFile(part: string): string;
}

/** Names the paths under `dir` (absolute) and touches nothing. */
export function stackHome(dir: string): StackHome {
  const secretsDir = join(dir, 'secrets');
  return {
    dir,
    recordFile: join(dir, 'stack.json'),
    portsFile: join(dir, 'ports.json'),
    lockFile: join(dir, 'lock.db'),
    lockHolderFile: join(dir, 'lock.json'),
    secretsDir,
    webhookSecretFile: join(secretsDir, 'webhook-secret'),
    keyPassphraseFile: join(secretsDir, 'key-passphrase'),
    postgresPasswordFile: join(secretsDir, 'postgres-password'),
    keysDir: join(dir, 'keys'),
    builderKeysDir: join(dir, 'builder'),
    builderPassphraseFile: join(secretsDir, 'builder-passphrase'),
    allowedSignersFile: join(dir, 'allowed_signers'),
    registryTokenKeyFile: join(secretsDir, 'registry-token.key'),
    registryTokenCertificateFile: join(secretsDir, 'registry-token.crt'),
    registryServicesFile: join(secretsDir, 'registry-services.json'),
    registryPasswordFile: (service) => join(secretsDir, `registry-${service}`),
    registryLoginDir: (process) => join(secretsDir, 'registry-logins', process),
    pushTokenFile: join(dir, 'push.token'),
    policyFile: join(dir, 'policy.yaml'),
    adminTokenFile: join(dir, 'admin.token'),
    dataDir: (part) => join(dir, 'data', part),
    logFile: (part) => join(dir, 'logs', `${part}.log`),
  };
}

/**
 * Makes the folders. The home and its data folder let others pass through (not read): Postgres runs under another
 * uid when the stack runs as root.
 */
export async function createStackHome(home: StackHome): Promise<void> {
  await mkdir(home.dataDir(''), { recursive: true });
  await mkdir(home.logFile('x').slice(0, -'/x.log'.length), { recursive: true });
  for (const dir of [home.secretsDir, home.keysDir, home.builderKeysDir])
    await mkdir(dir, { recursive: true, mode: 0o700 });
  await chmod(home.dir, 0o711);
  await chmod(home.dataDir(''), 0o711);
}
