/** The keys of the trust worker: in its folder, or held by something else; which of them signs is what rotations made of it. */
import { ConfigError } from '../../adapters/environment/config-error.ts';
import { isKeyReference, openSigner } from '../../adapters/keys/open-signer.ts';
import type { Database } from '../../adapters/postgres/database.ts';
import { keyInUse, ownKeyNames, refuseKnownKey, registerOwnKeys } from '../../adapters/postgres/own-keys.ts';
import { KeyError } from '../../adapters/sigstore/key-error.ts';
import {
  ensureKey,
  keepPublicKey,
  listPublicKeys,
  openKeyRing,
  type PublicKeyFile,
} from '../../adapters/sigstore/local-key-ring.ts';
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
    const held = await listPublicKeys(folder);
    if (held.some((key) => key.name === name)) {
      await refuseSecondNames(db, held);
      return undefined;
    }
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

/** Remembers all keys of the folder as ours. Throws a ConfigError where one has two names. */
export async function rememberKeys(db: Database, folder: string): Promise<void> {
  const held = await listPublicKeys(folder);
  await refuseSecondNames(db, held);
  await registerOwnKeys(db, held);
}

/** Under two names one key signs two kinds of statements: with what was denied it would have signed what is let in. */
async function refuseSecondNames(db: Database, held: readonly PublicKeyFile[]): Promise<void> {
  const names = await ownKeyNames(
    db,
    held.map(({ keyId }) => keyId),
  );
  for (const { keyId, name, file } of held) {
    const other = names.get(keyId);
    if (other !== undefined && other !== name)
      throw new ConfigError(
        `PRATIQUE_KEYS_DIR: ${file}.pub is the key ${other} (${keyId}): with one key for both, what is denied looks admitted. Move ${file}.key and ${file}.pub elsewhere: another key is made, or bring one with pratique key import`,
      );
    names.set(keyId, name);
  }
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
