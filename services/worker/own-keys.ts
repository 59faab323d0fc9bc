/** The keys of the trust worker: in its folder, or held by something else; which of them signs is what rotations made of it. */
import { isKeyReference, openSigner } from '../../adapters/keys/open-signer.ts';
import type { Database } from '../../adapters/postgres/database.ts';
import { keyInUse, refuseKnownKey, registerOwnKeys } from '../../adapters/postgres/own-keys.ts';
import { KeyError } from '../../adapters/sigstore/key-error.ts';
import { ensureKey, keepPublicKey, listPublicKeys, openKeyRing } from '../../adapters/sigstore/local-key-ring.ts';
import { keyReferenceProblem } from '../../domain/trust/key-reference.ts';
import type { NewKey } from '../../domain/trust/key-rotation.ts';
import type { KeyRing, Signer } from '../../domain/trust/signer.ts';
import type { WorkerConfig } from './config.ts';
import { ensureTwin, twinOf, withTwins } from './post-quantum-keys.ts';

export function createOwnKeys(
  db: Database,
  { folder, passphrase, holders, postQuantum }: NonNullable<WorkerConfig['keys']>,
): {
  readonly ring: KeyRing;
  readonly makeKey: (name: string, number: number, reference: string | undefined) => Promise<NewKey>;
} {
  /**
   * What no worker had made when it started is of an environment that a policy added since. A key of the folder that the database
   * has no more is not remembered anew: as what it was, nobody knows.
   */
  const makeMissing = async (name: string) => {
    if ((await listPublicKeys(folder)).some((key) => key.name === name)) return undefined;
    await ensureKey(folder, name, passphrase);
    if (postQuantum) await ensureTwin(folder, passphrase, name);
    const made = (await listPublicKeys(folder)).filter((key) => key.name === name || key.name === twinOf(name));
    await registerOwnKeys(db, made);
    return keyInUse(db, name);
  };
  const ring = openKeyRing(folder, passphrase, {
    inUse: async (name) => (await keyInUse(db, name)) ?? makeMissing(name),
    openReference: (reference) => openHeld(reference, holders),
  });
  return {
    ring: postQuantum ? withTwins(ring, folder, passphrase) : ring,
    async makeKey(name, number, reference) {
      const file = `${name}.${number}`;
      if (reference === undefined) {
        const { keyId, publicKeyPem } = await ensureKey(folder, file, passphrase);
        return { keyId, publicKeyPem, file, reference };
      }
      const { keyId, publicKeyPem } = await openHeld(reference, holders);
      await refuseKnownKey(db, { keyId, file, reference });
      // Known as ours from the folder too, whatever the database says.
      await keepPublicKey(folder, file, publicKeyPem);
      return { keyId, publicKeyPem, file, reference };
    },
  };
}

/** Whoever writes to the database can name any place: only those are opened that name no file and load nothing. */
function openHeld(reference: string, env: NodeJS.ProcessEnv): Promise<Signer> {
  const problem = isKeyReference(reference) ? keyReferenceProblem(reference) : 'no such kind of key';
  if (problem !== undefined) throw new KeyError('KEY_UNSUPPORTED', `the new key: ${problem}`);
  return openSigner(reference, {
    env,
    readFile: () => Promise.reject(new KeyError('KEY_UNSUPPORTED', 'no file is read for a key that is held elsewhere')),
    passphrase: async () => undefined,
  });
}
