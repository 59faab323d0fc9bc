import { KeyError } from '../sigstore/key-error.ts';

/** What a PKCS #11 URI names (RFC 7512): where the module is, which token and key, how to log in. */
export interface Pkcs11Uri {
  readonly modulePath: string;
  readonly token: string | undefined;
  readonly slotId: number | undefined;
  /** CKA_LABEL and CKA_ID of the key: one of them at least. */
  readonly object: string | undefined;
  readonly id: Buffer | undefined;
  /** A file with the PIN, or the PIN itself; else it is taken from the environment. */
  readonly pinSource: string | undefined;
  readonly pinValue: string | undefined;
}

/** `pkcs11:token=T;object=K?module-path=/usr/lib/softhsm/libsofthsm2.so`. Throws a KeyError that never quotes a PIN. */
export function parsePkcs11Uri(uri: string, env: Readonly<Record<string, string | undefined>>): Pkcs11Uri {
  const [path, query = ''] = splitOnce(uri.slice('pkcs11:'.length), '?');
  const place = `pkcs11:${path}`;
  const attributes = new Map([...parsePairs(path, ';', place), ...parsePairs(query, '&', place)]);
  const text = (name: string) => attributes.get(name)?.toString('utf8');
  const modulePath = text('module-path') ?? env.PRATIQUE_PKCS11_MODULE ?? env.COSIGN_PKCS11_MODULE_PATH;
  if (modulePath === undefined)
    throw new KeyError(
      'KEY_MISSING',
      `${place}: name the module: ?module-path=/path/to/module.so, or PRATIQUE_PKCS11_MODULE`,
    );
  const object = text('object');
  const id = attributes.get('id');
  if (object === undefined && id === undefined)
    throw new KeyError('KEY_MISSING', `${place}: name the key by its label (object=) or its id (id=%01)`);
  const slot = text('slot-id');
  if (slot !== undefined && !/^\d{1,9}$/.test(slot))
    throw new KeyError('KEY_MALFORMED', `${place}: slot-id is a number (RFC 7512)`);
  return {
    modulePath,
    token: text('token'),
    slotId: slot === undefined ? undefined : Number(slot),
    object,
    id,
    pinSource: text('pin-source')?.replace(/^file:/, ''),
    pinValue: text('pin-value'),
  };
}

function parsePairs(text: string, separator: string, place: string): [string, Buffer][] {
  return text
    .split(separator)
    .filter((pair) => pair !== '')
    .map((pair) => {
      const [name, value] = splitOnce(pair, '=');
      if (value === undefined || !/^[a-z-]+$/.test(name))
        throw new KeyError('KEY_MALFORMED', `${place}: not a PKCS #11 URI (RFC 7512)`);
      return [name, decodePercent(value)];
    });
}

/** Values may hold the separator as it is (RFC 7512, section 2.3). */
function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

/** Bytes: an id need not be text. */
function decodePercent(value: string): Buffer {
  const parts = value.split(/(%[0-9A-Fa-f]{2})/);
  return Buffer.concat(
    parts.map((part) => (part.startsWith('%') ? Buffer.from(part.slice(1), 'hex') : Buffer.from(part))),
  );
}
