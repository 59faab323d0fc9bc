/** Notation's trust store on disk: `<folder>/x509/<type>/<name>/`, a file a certificate or several (specifications, trust-store-trust-policy.md). */
import { lstat, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { NotationError } from '../../domain/trust/notation/notation-error.ts';
import type { NotationTrust } from '../../domain/trust/notation/notation-verifier.ts';
import type { NamedStore, StoreType, TrustPolicy } from '../../domain/trust/notation/trust-policy.ts';
import { isSelfSigned } from './certificate-chain.ts';
import { readCertificates } from './read-certificates.ts';

const MAX_FILES = 1000;
const MAX_BYTES = 1024 * 1024;

/** The certificates of the stores `policy` names. Throws a NotationError (`TRUST_STORE_UNREADABLE`,
 * `TRUST_STORE_EMPTY`) that names the place. */
export async function openTrustStores(folder: string, policy: TrustPolicy): Promise<NotationTrust> {
  const ofType = async (type: StoreType) => {
    const named = policy.trustStores.filter((store) => store.type === type);
    const texts = await Promise.all(named.map((store) => readStore(folder, store)));
    return { isNamed: named.length > 0, texts: texts.flat() };
  };
  const tsa = await ofType('tsa');
  return {
    policy,
    stores: {
      ca: (await ofType('ca')).texts,
      signingAuthority: (await ofType('signingAuthority')).texts,
      tsa: tsa.isNamed ? tsa.texts : undefined,
    },
  };
}

async function readStore(folder: string, { type, name }: NamedStore): Promise<string[]> {
  const place = path.join(folder, 'x509', type, name);
  const unreadable = (why: string, cause?: unknown) =>
    new NotationError('TRUST_STORE_UNREADABLE', `trust store ${type}:${name} (${place}) ${why}`, { cause });
  const found = await lstat(place).catch(() => undefined);
  if (found === undefined) throw unreadable('is not there');
  if (!found.isDirectory()) throw unreadable('is no folder; links are not followed');
  const entries = await readdir(place, { withFileTypes: true });
  if (entries.length === 0)
    throw new NotationError(
      'TRUST_STORE_EMPTY',
      `trust store ${type}:${name} (${place}) is empty, so that nobody is trusted: put the certificate of whom you trust into it`,
    );
  if (entries.length > MAX_FILES) throw unreadable(`has ${entries.length} files; at most ${MAX_FILES} are read`);
  const texts: string[] = [];
  for (const entry of entries) {
    const file = path.join(place, entry.name);
    if (!entry.isFile()) throw unreadable(`has ${entry.name}, which is no regular file; links are not followed`);
    if ((await lstat(file)).size > MAX_BYTES)
      throw unreadable(`has ${entry.name}, which has more than ${MAX_BYTES} bytes`);
    texts.push(checkedText(await readFile(file), file, type, unreadable));
  }
  return texts;
}

function checkedText(content: Uint8Array, file: string, type: StoreType, unreadable: (why: string) => NotationError) {
  const certificates = readCertificates(content, file, 'TRUST_STORE_UNREADABLE');
  for (const certificate of certificates) {
    const isRoot = isSelfSigned(certificate);
    if (type === 'tsa' && !isRoot)
      throw unreadable(`has ${certificate.label}, which is no root: of tsa stores all are`);
    if (certificate.basicConstraints?.isCa !== true && !isRoot)
      throw unreadable(`has ${certificate.label}, which is neither an authority nor signed by itself`);
  }
  return certificates.map(({ x509 }) => x509.toString()).join('');
}
