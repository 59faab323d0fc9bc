/** What the local registry and its token server prove themselves with: made once per home, read by their owner only. */
import { createHash, createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type RegistryService, registryServices } from '../../domain/identity/registry-access.ts';
import { ensureSecret, readSecret } from './secrets.ts';
import { selfSignedCertificate } from './self-signed-certificate.ts';
import type { StackHome } from './stack-home.ts';

/** `auth.token` of the registry and the gateway's settings of the same names. */
export const registryTokenIssuer = 'pratique';
export const registryTokenService = 'pratique-registry';

const YEARS = 20;

/** The key of the tokens with its certificate, and a password for each of Pratique's own hands. */
export async function ensureRegistryUsers(home: StackHome): Promise<void> {
  await ensureTokenKey(home);
  const hashes: Record<string, string> = {};
  for (const service of registryServices) {
    const file = home.registryPasswordFile(service);
    await ensureSecret(file);
    hashes[service] = createHash('sha256')
      .update(await readSecret(file))
      .digest('hex');
  }
  await replaceFile(home.registryServicesFile, `${JSON.stringify(hashes, null, 2)}\n`, 0o600);
}

/** Which hands a process of ours has: the first login is for all its work, the others each for their own. */
const hands: Readonly<Record<string, readonly [RegistryService, ...RegistryService[]]>> = {
  dispatcher: ['read'],
  worker: ['read', 'promote', 'quarantine', 'adopt'],
  trust: ['read', 'evidence'],
  builder: ['rebuild'],
};

/** Writes `<folder>/config.json`, and `<folder>/<service>/config.json` for what else the process may do; false for one that has none. */
export async function writeRegistryLogins(home: StackHome, process: string, registry: string): Promise<boolean> {
  const services = hands[process];
  if (services === undefined) return false;
  const folder = home.registryLoginDir(process);
  for (const [index, service] of services.entries()) {
    const place = index === 0 ? folder : join(folder, service);
    await mkdir(place, { recursive: true, mode: 0o700 });
    const password = await readSecret(home.registryPasswordFile(service));
    const auth = Buffer.from(`${service}:${password}`).toString('base64');
    await replaceFile(join(place, 'config.json'), `${JSON.stringify({ auths: { [registry]: { auth } } })}\n`, 0o600);
  }
  return true;
}

/** The certificate is made again from the key where it is missing. */
async function ensureTokenKey(home: StackHome): Promise<void> {
  const { registryTokenKeyFile: keyFile, registryTokenCertificateFile: certificateFile } = home;
  const known = await readIfThere(keyFile);
  if (known !== undefined && (await readIfThere(certificateFile)) !== undefined) return;
  const key =
    known === undefined ? generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey : createPrivateKey(known);
  const now = new Date();
  const certificate = selfSignedCertificate({
    key,
    commonName: 'Pratique registry tokens',
    // Clocks that are behind: the registry refuses a certificate of the future.
    notBefore: new Date(now.getTime() - 86_400_000),
    notAfter: new Date(Date.UTC(now.getUTCFullYear() + YEARS, 0)),
  });
  if (known === undefined) await replaceFile(keyFile, key.export({ type: 'pkcs8', format: 'pem' }), 0o600);
  await replaceFile(certificateFile, certificate, 0o644);
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Whole or not at all. */
async function replaceFile(file: string, content: string | Buffer, mode: number): Promise<void> {
  await writeFile(`${file}.new`, content, { mode });
  await rename(`${file}.new`, file);
}
