/** Notation's COSE envelope (specifications, signature-envelope-cose.md; RFC 9052, COSE_Sign1, tagged). */
import { decode, Tag } from 'cbor2';
import { encode } from 'cbor2/encoder';
import {
  type Algorithm,
  attributes,
  checkAttributes,
  EnvelopeError,
  type SignatureEnvelope,
} from './signature-envelope.ts';

const COSE_SIGN1 = 18;
const EPOCH_TIME = 1;
/** Labels of header parameters (RFC 9052, 3.1; RFC 9360, 2). */
const labels = { algorithm: 1, critical: 2, contentType: 3, chain: 33 } as const;
/** RFC 9053, 2.1; RFC 8230, 2. */
const algorithmOfNumber: Readonly<Record<string, Algorithm>> = {
  '-7': 'ES256',
  '-35': 'ES384',
  '-36': 'ES512',
  '-37': 'PS256',
  '-38': 'PS384',
  '-39': 'PS512',
};

/** Definite lengths, each key once, nothing that has two meanings; tags stay tags, and nothing nests deep. */
const strict = {
  preferMap: true,
  rejectDuplicateKeys: true,
  rejectStreaming: true,
  rejectFloats: true,
  rejectUndefined: true,
  ignoreGlobalTags: true,
  maxDepth: 8,
  tags: new Map(),
} as const;

/** Throws an EnvelopeError for everything that is no such envelope. */
export function readCoseEnvelope(bytes: Uint8Array): SignatureEnvelope {
  const message = read(bytes, 'the envelope');
  if (!(message instanceof Tag) || Number(message.tag) !== COSE_SIGN1 || !Array.isArray(message.contents))
    throw malformed('it is no COSE_Sign1 with its tag');
  const [protectedBytes, unprotected, payload, signature] = message.contents as unknown[];
  if (
    message.contents.length !== 4 ||
    !(protectedBytes instanceof Uint8Array) ||
    !(unprotected instanceof Map) ||
    !(payload instanceof Uint8Array) ||
    !(signature instanceof Uint8Array)
  )
    throw malformed('it is not of two headers, a payload and a signature');
  const header = read(protectedBytes, 'the protected header');
  if (!(header instanceof Map)) throw malformed('its protected header is no map');
  const algorithm = algorithmOfNumber[String(header.get(labels.algorithm))];
  if (algorithm === undefined)
    throw new EnvelopeError('ALGORITHM_UNSUPPORTED', 'it names no algorithm that is accepted');
  const critical: unknown = header.get(labels.critical);
  if (!Array.isArray(critical)) throw malformed('it names no critical attributes');
  const own = new Set<unknown>(Object.values(labels));
  return {
    ...checkAttributes({
      scheme: header.get(attributes.scheme),
      signingTime: readTime(header, attributes.signingTime),
      authenticSigningTime: readTime(header, attributes.authenticSigningTime),
      expiry: readTime(header, attributes.expiry),
      contentType: header.get(labels.contentType),
      critical,
      names: [...header.keys()].filter((name) => !own.has(name)),
    }),
    algorithm,
    chain: readChain(unprotected.get(labels.chain)),
    signedBytes: encode(['Signature1', protectedBytes, new Uint8Array(), payload]),
    signature,
    payload,
    timestamp: optionalBytes(unprotected.get(attributes.timestamp)),
    agent: typeof unprotected.get(attributes.agent) === 'string' ? unprotected.get(attributes.agent) : undefined,
  };
}

function read(bytes: Uint8Array, what: string): unknown {
  try {
    // Never a Buffer: the library gives back what it got, and writes Buffers otherwise than bytes.
    return decode(new Uint8Array(bytes), strict);
  } catch {
    throw malformed(`${what} is not CBOR in one definite form`);
  }
}

/** Whole seconds since 1970 (tag 1), as the specification demands. */
function readTime(header: ReadonlyMap<unknown, unknown>, name: string): Date | undefined {
  const value = header.get(name);
  if (value === undefined) return undefined;
  const seconds = value instanceof Tag && Number(value.tag) === EPOCH_TIME ? value.contents : undefined;
  const time = new Date(Number(typeof seconds === 'number' ? seconds : Number.NaN) * 1000);
  if (Number.isNaN(time.getTime())) throw malformed(`its attribute ${name} is no time`);
  return time;
}

function readChain(value: unknown): Uint8Array[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > 16)
    throw malformed('it has no chain of certificates');
  return value.map((certificate: unknown) => {
    if (!(certificate instanceof Uint8Array)) throw malformed('one of its certificates is none');
    return certificate;
  });
}

function optionalBytes(value: unknown): Uint8Array | undefined {
  if (value === undefined || value instanceof Uint8Array) return value;
  throw malformed('its timestamp is none');
}

function malformed(why: string): EnvelopeError {
  return new EnvelopeError('BUNDLE_MALFORMED', why);
}
