/** Keys in a folder: `<name>.key` encrypted, `<name>.pub` beside it. One evidence key, one admission key per environment. */
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { link, mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { KeyRing, Signer } from '../../domain/trust/signer.ts';
import { decryptKey, encryptKey } from './encrypted-key.ts';
import { KeyError } from './key-error.ts';
import { keyIdOf, parsePublicKey } from './key-id.ts';
import { createLocalSigner } from './local-signer.ts';

const EVIDENCE = 'evidence';

export interface PublicKeyFile {
  /** `evidence`, `admission-<environment>`, or the name `ensureKey` was given, less the number of a later one. */
  readonly name: string;
  /** Without its ending: `evidence`, and `evidence.2` of what took its place. */
  readonly file: string;
  readonly keyId: string;
  readonly publicKeyPem: string;
}

/** Makes the keys that are missing; what is there is never replaced. Returns the public halves of all of them. */
export async function ensureKeys(
  folder: string,
  passphrase: string,
  environments: readonly string[],
): Promise<PublicKeyFile[]> {
  const names = [EVIDENCE, ...environments.map(admissionName)];
  // Before any is made: what is refused leaves nothing half done.
  for (const name of names) keyFile(folder, name, 'key');
  return Promise.all(names.map((name) => ensureKey(folder, name, passphrase)));
}

/** What `ensureKey` makes: of today (ECDSA P-256), or one that a quantum computer does not break (FIPS 204). */
export type KeyKind = 'ecdsa-p256' | 'ml-dsa-65';

/** One key by name, made where it is missing: builders keep theirs in a folder of their own. */
export async function ensureKey(
  folder: string,
  name: string,
  passphrase: string,
  kind: KeyKind = 'ecdsa-p256',
): Promise<PublicKeyFile> {
  if (passphrase === '') throw new KeyError('KEY_PASSPHRASE_MISSING', `the keys in ${folder} need a passphrase`);
  const privateFile = keyFile(folder, name, 'key');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const made = readIfThere(privateFile) === undefined ? await makeKey(privateFile, passphrase, kind) : undefined;
  const publicFile = keyFile(folder, name, 'pub');
  if (readIfThere(publicFile) === undefined) {
    const privateKey = made ?? (await decryptKey(readFileSync(privateFile, 'utf8'), passphrase, privateFile));
    await writeOnce(publicFile, createPublicKey(privateKey).export({ format: 'pem', type: 'spki' }).toString(), 0o644);
  }
  return readPublicKey(folder, name);
}

/**
 * A key somebody brought, under a name that is free. Throws KEY_EXISTS where it is not, also where the public half alone is there
 * and is another key's (one that is held elsewhere), or where the folder has this key under another name; KEY_UNSUPPORTED for a
 * key that cannot sign.
 */
export async function writeKey(
  folder: string,
  name: string,
  key: KeyObject,
  encrypted: string,
): Promise<PublicKeyFile> {
  const { publicKeyPem, keyId } = createLocalSigner(key, name);
  const [privateFile, publicFile] = [keyFile(folder, name, 'key'), keyFile(folder, name, 'pub')];
  const exists = (file: string) => new KeyError('KEY_EXISTS', `there is a key ${file} already: nothing was written`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const beside = readIfThere(publicFile);
  if (beside !== undefined && keyIdOf(parsePublicKey(beside, publicFile)) !== keyId) throw exists(publicFile);
  const twice = (await listPublicKeys(folder)).find((other) => other.keyId === keyId && other.file !== name);
  if (twice !== undefined)
    throw new KeyError(
      'KEY_EXISTS',
      `this key is in ${folder} already, as ${twice.file}, and one key is for one kind of work: nothing was written. Bring another for ${name}`,
    );
  if (!(await writeOnce(privateFile, encrypted, 0o600))) throw exists(privateFile);
  await writeOnce(publicFile, publicKeyPem, 0o644);
  return readPublicKey(folder, name);
}

/** The public half of a key that is held elsewhere, so that the folder knows all that are ours. */
export async function keepPublicKey(folder: string, name: string, publicKeyPem: string): Promise<void> {
  await writeOnce(keyFile(folder, name, 'pub'), publicKeyPem, 0o644);
}

/** The new key; undefined where another process was first. */
async function makeKey(file: string, passphrase: string, kind: KeyKind): Promise<KeyObject | undefined> {
  const { privateKey } =
    kind === 'ml-dsa-65' ? generateKeyPairSync('ml-dsa-65') : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return (await writeOnce(file, await encryptKey(privateKey, passphrase), 0o600)) ? privateKey : undefined;
}

/** The public halves in a folder, without a passphrase: what tells own evidence from foreign. Sorted by name. */
export async function listPublicKeys(folder: string): Promise<PublicKeyFile[]> {
  const names = readdirSync(folder).flatMap((file) => (file.endsWith('.pub') ? [file.slice(0, -4)] : []));
  return names.sort().map((name) => readPublicKey(folder, name));
}

/** Which key signs under a name now, and where it is: in a file of the folder, or held by something else. */
export interface KeyPlace {
  readonly keyId: string;
  readonly file: string;
  readonly reference: string | undefined;
}

export interface KeyRingOptions {
  /** Asked each time: after a rotation another one signs. Undefined: the file of that name. */
  readonly inUse: (name: string) => Promise<KeyPlace | undefined>;
  /** Opens what is not in the folder. */
  readonly openReference: (reference: string) => Promise<Signer>;
}

/**
 * A KeyRing on such a folder. A key is opened when first asked for, then kept in memory. Behind an alias or a file there may be
 * another key by now: what is found there is not opened in its place.
 */
export function openKeyRing(folder: string, passphrase: string, options?: KeyRingOptions): KeyRing {
  const opened = new Map<string, Promise<Signer>>();
  const signer = async (name: string): Promise<Signer> => {
    const place = await options?.inUse(name);
    const id = place?.keyId ?? name;
    const known = opened.get(id);
    if (known !== undefined) return known;
    const opening =
      place === undefined || options === undefined
        ? openKey(folder, name, passphrase)
        : openRecorded(name, place, ({ file, reference }) =>
            reference === undefined ? openKey(folder, file, passphrase) : options.openReference(reference),
          );
    opened.set(id, opening);
    // A failure is not remembered: the file may be there next time.
    opening.catch(() => opened.delete(id));
    return opening;
  };
  return {
    evidence: () => signer(EVIDENCE),
    admission: (environment) => signer(admissionName(environment)),
    held: () => listPublicKeys(folder),
  };
}

/** Throws KEY_MISMATCH where another key is found at its place than the one that is recorded. */
async function openRecorded(
  name: string,
  place: KeyPlace,
  open: (place: KeyPlace) => Promise<Signer>,
): Promise<Signer> {
  const found = await open(place);
  if (found.keyId === place.keyId) return found;
  const held = place.reference === undefined ? '' : ` --new-key ${place.reference}`;
  throw new KeyError(
    'KEY_MISMATCH',
    `${place.reference ?? `${place.file}.key`} is another key than the one ${name} signs with (${place.keyId}): put that one back, or take a new one: pratique key rotate ${name}${held}`,
  );
}

/** The Signer of one key in a folder. Throws a KeyError where it is missing, sealed with another passphrase, or no pair with its `.pub`. */
export async function openKey(folder: string, name: string, passphrase: string): Promise<Signer> {
  const file = keyFile(folder, name, 'key');
  const pem = readIfThere(file);
  if (pem === undefined) throw new KeyError('KEY_MISSING', `there is no key ${file}: "pratique up" makes the keys`);
  const signer = createLocalSigner(await decryptKey(pem, passphrase, file), file);
  const beside = readPublicKey(folder, name);
  if (beside.keyId !== signer.keyId)
    throw new KeyError(
      'KEY_MISMATCH',
      `${file} and ${name}.pub beside it are not one pair: restore both from one backup`,
    );
  return signer;
}

function admissionName(environment: string): string {
  return `admission-${environment}`;
}

/** Names become file names: nothing in them may leave the folder. */
function keyFile(folder: string, name: string, extension: 'key' | 'pub'): string {
  if (!/^[a-z0-9](?:[a-z0-9-]{0,78}[a-z0-9])?(?:\.[1-9][0-9]{0,5})?$/.test(name))
    throw new KeyError('KEY_MISSING', `"${name}" cannot name a key: use lower-case letters, digits and -`);
  return join(folder, `${name}.${extension}`);
}

function readPublicKey(folder: string, name: string): PublicKeyFile {
  const file = keyFile(folder, name, 'pub');
  const pem = readIfThere(file);
  if (pem === undefined) throw new KeyError('KEY_MISSING', `there is no public key ${file}`);
  return { name: name.replace(/\..*$/, ''), file: name, keyId: keyIdOf(parsePublicKey(pem, file)), publicKeyPem: pem };
}

/** At once: evidence is read beside all keys of the folder, and another thread costs twenty times what such a file does. */
function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Whole or not at all; false where the file was already there. Two processes that start together end with one key. */
async function writeOnce(file: string, content: string, mode: number): Promise<boolean> {
  const temporary = `${file}.${crypto.randomUUID()}`;
  const handle = await open(temporary, 'wx', mode);
  try {
    await handle.writeFile(content);
    await handle.sync();
    await handle.close();
    await link(temporary, file);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
}
