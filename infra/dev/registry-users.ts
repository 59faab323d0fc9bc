/** What the local registry and its token server prove themselves with: made once per home, read by their owner only. */
import { createHash, createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { registryServices } from '../../domain/identity/registry-access.ts';
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
