/** Keys in a hardware module, by PKCS #11 (OASIS, v2.40). The binding is an optional dependency, loaded when such a key is named. */
import { createHash } from 'node:crypto';
import type { Module, PrivateKey, Session } from 'graphene-pk11';
import { KeyError } from '../sigstore/key-error.ts';
import { digestFor, type SigningScheme } from '../sigstore/signing-scheme.ts';
import { ecdsaToDer } from './ecdsa-der.ts';
import { createHeldSigner } from './held-key.ts';
import type { KeyContext, KeyProvider } from './key-provider.ts';
import { publicKeyOf } from './pkcs11-public-key.ts';
import { type Pkcs11Uri, parsePkcs11Uri } from './pkcs11-uri.ts';

type Binding = typeof import('graphene-pk11');

/**
 * `pkcs11:` URIs (RFC 7512). The PIN is in the URI (`pin-value`), in a file it names (`pin-source`), or in PRATIQUE_PKCS11_PIN (or
 * COSIGN_PKCS11_PIN). ECDSA P-256 and P-384, and RSA with PKCS #1 v1.5. One session for as long as the Signer is used, and
 * the token keeps it: a device that was away is logged into once more.
 */
export const pkcs11Key: KeyProvider = {
  prefix: 'pkcs11:',
  async open(reference, context) {
    const uri = parsePkcs11Uri(reference, context.env);
    // Without the query, which may hold the PIN.
    const source = reference.split('?', 1)[0] ?? '';
    const binding = await loadBinding(source);
    const pin = await readPin(uri, context);
    const open = () => openPair(binding, uri, pin, source);
    let opened = guarded(source, open);
    const signOnce = (data: Uint8Array, scheme: SigningScheme) => {
      const { session, privateKey } = opened;
      const signature = session.createSign(mechanismOf(scheme, source), privateKey).once(inputOf(scheme, data));
      return scheme.algorithm === 'ecdsa' ? ecdsaToDer(signature) : signature;
    };
    return createHeldSigner({
      source,
      publicKey: opened.publicKey,
      sign: async (data, scheme) =>
        guarded(source, () => {
          try {
            return signOnce(data, scheme);
          } catch (error) {
            if (!isSessionLost(error)) throw error;
            close(opened.session);
            opened = open();
            return signOnce(data, scheme);
          }
        }),
    });
  },
};

interface OpenPair {
  readonly session: Session;
  readonly privateKey: PrivateKey;
  /** SPKI, in DER. */
  readonly publicKey: Uint8Array;
}

/** A session in which the key was found. Where it was not, none stays open. */
function openPair(binding: Binding, uri: Pkcs11Uri, pin: string, source: string): OpenPair {
  const session = openSession(binding, uri, pin, source);
  try {
    const find = (objectClass: number) => {
      const found = session.find({
        class: objectClass,
        ...(uri.object === undefined ? {} : { label: uri.object }),
        ...(uri.id === undefined ? {} : { id: uri.id }),
      });
      if (found.length > 0) return found.items(0);
      throw new KeyError(
        'KEY_MISSING',
        `${source}: the token has no such pair of keys: look at its label and id, and that the public half is there too (pkcs11-tool --list-objects)`,
      );
    };
    const privateKey = find(binding.ObjectClass.PRIVATE_KEY).toType<PrivateKey>();
    return { session, privateKey, publicKey: publicKeyOf(binding, find(binding.ObjectClass.PUBLIC_KEY), source) };
  } catch (error) {
    close(session);
    throw error;
  }
}

/** The token was taken out, its module was started anew, or somebody closed what is open: another session may work. */
function isSessionLost(error: unknown): boolean {
  return /CKR_(?:SESSION|DEVICE|TOKEN_NOT|USER_NOT_LOGGED_IN|OBJECT_HANDLE|KEY_HANDLE)/.test(String(error));
}

function close(session: Session): void {
  try {
    session.close();
  } catch {
    // It is gone already.
  }
}

/** ECDSA of the module signs a digest; its RSA mechanism hashes by itself. */
function mechanismOf({ algorithm }: SigningScheme, source: string): string {
  if (algorithm === 'ecdsa') return 'ECDSA';
  if (algorithm === 'rsa-pkcs1') return 'SHA256_RSA_PKCS';
  throw new KeyError('KEY_UNSUPPORTED', `${source}: keys in modules that sign here are ECDSA P-256, P-384 and RSA`);
}

function inputOf(scheme: SigningScheme, data: Uint8Array): Buffer {
  return scheme.algorithm === 'ecdsa' ? digestFor(scheme, data) : Buffer.from(data);
}

/** Of each module, once: C_Initialize must not be called twice in a process. */
const modules = new Map<string, Module>();

function openSession({ Module, SessionFlag }: Binding, uri: Pkcs11Uri, pin: string, source: string): Session {
  const known = modules.get(uri.modulePath);
  const module = known ?? Module.load(uri.modulePath);
  if (known === undefined) {
    module.initialize();
    modules.set(uri.modulePath, module);
  }
  const slots = module.getSlots(true);
  const labels: string[] = [];
  for (let at = 0; at < slots.length; at += 1) {
    const slot = slots.items(at);
    const label = slot.getToken().label.trimEnd();
    labels.push(label);
    const isWanted =
      (uri.slotId === undefined || slot.handle.readBigUInt64LE() === BigInt(uri.slotId)) &&
      (uri.token === undefined || label === uri.token);
    if (!isWanted) continue;
    const session = slot.open(SessionFlag.SERIAL_SESSION);
    try {
      login(session, pin, `${uri.modulePath} ${slot.getToken().serialNumber}`, source);
      return session;
    } catch (error) {
      close(session);
      throw error;
    }
  }
  throw new KeyError(
    'KEY_MISSING',
    `${source}: the module has no such token; ${labels.length === 0 ? 'it has none: look whether the device is there' : `name one of ${labels.map((label) => JSON.stringify(label)).join(', ')}`}`,
  );
}

/** Of each token, the SHA-256 of the PIN that opened it. */
const logins = new Map<string, string>();

/** A token is logged into once for all sessions of a process, and asks nobody after that: another PIN is refused here. */
function login(session: Session, pin: string, token: string, source: string): void {
  const hash = createHash('sha256').update(pin).digest('hex');
  try {
    session.login(pin);
    logins.set(token, hash);
  } catch (error) {
    if (!String(error).includes('CKR_USER_ALREADY_LOGGED_IN')) throw error;
    if (logins.get(token) !== hash)
      throw new KeyError('KEY_STORE_DENIED', `${source}: the token was opened with another PIN`);
  }
}

async function readPin({ pinValue, pinSource }: Pkcs11Uri, { env, readFile }: KeyContext): Promise<string> {
  if (pinValue !== undefined) return pinValue;
  if (pinSource !== undefined) return (await readFile(pinSource)).trimEnd();
  const pin = env.PRATIQUE_PKCS11_PIN ?? env.COSIGN_PKCS11_PIN;
  if (pin !== undefined) return pin;
  throw new KeyError(
    'KEY_PASSPHRASE_MISSING',
    'the token asks for a PIN: give it in PRATIQUE_PKCS11_PIN, or name its file with pin-source',
  );
}

async function loadBinding(source: string): Promise<Binding> {
  try {
    return await import('graphene-pk11');
  } catch (cause) {
    throw new KeyError(
      'KEY_STORE_UNAVAILABLE',
      `${source}: the binding to PKCS #11 is not installed: npm install graphene-pk11 (it is built with a C++ compiler)`,
      { cause },
    );
  }
}

/** Codes of the specification (CKR_*) as ours. */
function guarded<T>(source: string, act: () => T): T {
  try {
    return act();
  } catch (cause) {
    if (cause instanceof KeyError) throw cause;
    const code = /CKR_[A-Z0-9_]+/.exec(String(cause))?.[0];
    if (code === undefined)
      throw new KeyError(
        'KEY_STORE_UNAVAILABLE',
        `${source}: the module can not be loaded: look at module-path, or PRATIQUE_PKCS11_MODULE`,
        { cause },
      );
    if (code.startsWith('CKR_PIN'))
      throw new KeyError(
        'KEY_STORE_DENIED',
        `${source}: the token refuses the PIN (${code}): look at PRATIQUE_PKCS11_PIN, or the file of pin-source, before it locks itself`,
        { cause },
      );
    if (/PIN|USER|ATTRIBUTE|FUNCTION_NOT_PERMITTED/.test(code))
      throw new KeyError('KEY_STORE_DENIED', `${source}: the token refuses (${code})`, { cause });
    throw new KeyError('KEY_STORE_UNAVAILABLE', `${source}: the module does not work (${code})`, { cause });
  }
}
