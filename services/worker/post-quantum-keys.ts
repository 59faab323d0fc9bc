/** A second key beside each of the trust worker's own: what it signs is signed once more with ML-DSA-65. */
import { ensureKey, openKey } from '../../adapters/sigstore/local-key-ring.ts';
import type { KeyRing, Signer } from '../../domain/trust/signer.ts';

export const twinOf = (name: string) => `pq-${name}`;

/** Makes the keys that are missing, in the same folder. Called before the folder's keys are remembered as ours. */
export async function ensureTwins(folder: string, passphrase: string, environments: readonly string[]): Promise<void> {
  for (const name of ['evidence', ...environments.map((environment) => `admission-${environment}`)])
    await ensureTwin(folder, passphrase, name);
}

export async function ensureTwin(folder: string, passphrase: string, name: string): Promise<void> {
  await ensureKey(folder, twinOf(name), passphrase, 'ml-dsa-65');
}

/** The same keys, each with its twin; a twin is opened when first asked for, then kept in memory. */
export function withTwins(ring: KeyRing, folder: string, passphrase: string): KeyRing {
  const opened = new Map<string, Promise<Signer>>();
  const open = (name: string): Promise<Signer> => {
    const known = opened.get(name);
    if (known !== undefined) return known;
    const opening = openKey(folder, twinOf(name), passphrase);
    opened.set(name, opening);
    opening.catch(() => opened.delete(name));
    return opening;
  };
  const paired = async (name: string, signer: Signer): Promise<Signer> => {
    const { keyId, publicKeyPem } = signer;
    return { keyId, publicKeyPem, sign: (data) => signer.sign(data), twin: await open(name) };
  };
  return {
    evidence: async () => paired('evidence', await ring.evidence()),
    admission: async (environment) => paired(`admission-${environment}`, await ring.admission(environment)),
    held: () => ring.held(),
  };
}
