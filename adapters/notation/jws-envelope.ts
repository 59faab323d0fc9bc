/** Notation's JWS envelope (specifications, signature-envelope-jws.md; RFC 7515, flattened JSON serialisation). */
import { z } from 'zod';
import { readJson } from '../sigstore/open-bundle.ts';
import {
  algorithms,
  attributes,
  checkAttributes,
  EnvelopeError,
  type SignatureEnvelope,
} from './signature-envelope.ts';

/** One way to write each: lenient decoders would let one signature be written in many. */
const base64Url = z
  .string()
  .refine((text) => Buffer.from(text, 'base64url').toString('base64url') === text, 'not canonical base64url');
const base64 = z
  .string()
  .refine((text) => Buffer.from(text, 'base64').toString('base64') === text, 'not canonical base64');

const envelopeSchema = z.object({
  payload: base64Url.min(1),
  protected: base64Url.min(1),
  signature: base64Url.min(1),
  header: z.object({
    x5c: z.array(base64).min(1).max(16),
    [attributes.timestamp]: base64.optional(),
    [attributes.agent]: z.string().max(1000).optional(),
  }),
  signatures: z.undefined().optional(),
});

const time = z.iso.datetime({ offset: true }).transform((text) => new Date(text));

const protectedSchema = z.looseObject({
  alg: z.enum(algorithms),
  cty: z.string(),
  crit: z.array(z.string()).min(1).max(100),
  [attributes.scheme]: z.string(),
  [attributes.signingTime]: time.optional(),
  [attributes.authenticSigningTime]: time.optional(),
  [attributes.expiry]: time.optional(),
  // RFC 7797: the payload as it is, which is nothing Notation has.
  b64: z.undefined().optional(),
});

/** Throws an EnvelopeError for everything that is no such envelope. */
export function readJwsEnvelope(bytes: Uint8Array): SignatureEnvelope {
  const envelope = parse(bytes, 'the envelope', envelopeSchema, ['payload', 'protected', 'signature', 'header']);
  const header = parse(Buffer.from(envelope.protected, 'base64url'), 'the protected header', protectedSchema, [
    ...['alg', 'cty', 'crit'],
    ...Object.values(attributes),
  ]);
  const stamp = envelope.header[attributes.timestamp];
  return {
    ...checkAttributes({
      scheme: header[attributes.scheme],
      signingTime: header[attributes.signingTime],
      authenticSigningTime: header[attributes.authenticSigningTime],
      expiry: header[attributes.expiry],
      contentType: header.cty,
      critical: header.crit,
      names: Object.keys(header),
    }),
    algorithm: header.alg,
    chain: envelope.header.x5c.map((certificate) => Buffer.from(certificate, 'base64')),
    signedBytes: Buffer.from(`${envelope.protected}.${envelope.payload}`, 'ascii'),
    signature: Buffer.from(envelope.signature, 'base64url'),
    payload: Buffer.from(envelope.payload, 'base64url'),
    timestamp: stamp === undefined ? undefined : Buffer.from(stamp, 'base64'),
    agent: envelope.header[attributes.agent],
  };
}

function parse<T extends z.ZodType>(bytes: Uint8Array, what: string, schema: T, known: readonly string[]): z.infer<T> {
  const json = readJson(bytes);
  if (json === undefined) throw new EnvelopeError('BUNDLE_MALFORMED', `${what} is not JSON in UTF-8`);
  const ambiguity = json.ambiguity ?? otherCase(json.value, known);
  if (ambiguity !== undefined)
    throw new EnvelopeError('BUNDLE_AMBIGUOUS', `two readers may not read the same from ${what}: ${ambiguity}`);
  const checked = schema.safeParse(json.value);
  if (checked.success) return checked.data;
  const place = checked.error.issues[0]?.path.join('.') ?? '';
  throw place === 'alg'
    ? new EnvelopeError(
        'ALGORITHM_UNSUPPORTED',
        `${what} names no algorithm that is accepted: ${algorithms.join(', ')}`,
      )
    : new EnvelopeError('BUNDLE_MALFORMED', `${what} is not as the specification has it at "${place}"`);
}

/** Go, in which Notation is written, reads `Payload` as `payload`. */
function otherCase(value: unknown, known: readonly string[]): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const lower = new Set(known.map((name) => name.toLowerCase()));
  const other = Object.keys(value).some((key) => !known.includes(key) && lower.has(key.toLowerCase()));
  return other ? 'a known name in other letters' : undefined;
}
