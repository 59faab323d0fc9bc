/** What a builder and its signer say to each other, one JSON document each way. */
import { z } from 'zod';
import { isDigest } from '../../domain/artifact/digest.ts';
import type { SignedBuild, SigningRequest } from '../../domain/building/build-signer.ts';
import { BuildError } from '../../domain/building/builder.ts';

const text = z.string().min(1).max(4096);
const requestSchema = z.strictObject({
  layout: text.startsWith('/'),
  digest: z.string().refine(isDigest),
  invocationId: text,
  source: z.strictObject({
    repository: text,
    commit: z.string().regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/),
    signedBy: text,
    signatureKind: z.enum(['ssh', 'gpg']),
    authorEmail: z.string().max(4096),
    committerEmail: z.string().max(4096),
    committedAt: z.number().int(),
  }),
  toolchain: z.record(z.string().max(100), z.string().max(200)),
  startedOn: z.iso.datetime(),
  finishedOn: z.iso.datetime(),
  isolation: z.strictObject({ user: z.boolean(), network: z.boolean(), namespaces: z.boolean() }).optional(),
  hermetic: z.boolean().optional(),
  inputsByHash: z.boolean().optional(),
});
const answerSchema = z.union([
  z.strictObject({ signature: z.base64(), provenance: z.base64() }),
  z.strictObject({ refused: z.string().max(8192) }),
]);

/** Bytes of a request, and of an answer: two bundles in base64. */
export const maxRequestBytes = 1024 * 1024;
/** See `maxRequestBytes`. */
export const maxAnswerBytes = 4 * 1024 * 1024;

/** Throws a BuildError SIGNER_REFUSED that names the first field that is wrong. */
export function parseSigningRequest(json: string): SigningRequest {
  const parsed = requestSchema.safeParse(parse(json));
  if (parsed.success) {
    const { isolation, hermetic, inputsByHash, ...rest } = parsed.data;
    return {
      ...rest,
      ...(isolation === undefined ? {} : { isolation }),
      ...(hermetic === undefined ? {} : { hermetic }),
      ...(inputsByHash === undefined ? {} : { inputsByHash }),
    };
  }
  const place = parsed.error.issues[0]?.path.join('.') || 'the request';
  throw new BuildError('SIGNER_REFUSED', `not signed: "${place}" of the request is missing or malformed`);
}

/** A build that was finished has more to it than its signer is told. */
export function formatSigningRequest(request: SigningRequest): string {
  const { layout, digest, invocationId, source, toolchain, startedOn, finishedOn, ...shown } = request;
  const { isolation, hermetic, inputsByHash } = shown;
  const about = { layout, digest, invocationId, source, toolchain, startedOn, finishedOn };
  return JSON.stringify({ ...about, isolation, hermetic, inputsByHash });
}

export function formatSignedBuild({ signature, provenance }: SignedBuild): string {
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
  return JSON.stringify({ signature: base64(signature), provenance: base64(provenance) });
}

/** Refusals are told as they are; what failed otherwise is in the signer's own log. */
export function formatRefusal(error: unknown): string {
  return JSON.stringify({
    refused: error instanceof BuildError ? error.message.slice(0, 4096) : 'not signed: the signer failed; see its log',
  });
}

/** Throws a BuildError SIGNER_REFUSED with the signer's words, SIGNER_UNREACHABLE for what is no answer. */
export function parseSigningAnswer(json: string): SignedBuild {
  const parsed = answerSchema.safeParse(parse(json));
  if (!parsed.success) throw new BuildError('SIGNER_UNREACHABLE', 'the signer broke off; see its log');
  if ('refused' in parsed.data) throw new BuildError('SIGNER_REFUSED', parsed.data.refused);
  const bytes = (base64: string) => new Uint8Array(Buffer.from(base64, 'base64'));
  return { signature: bytes(parsed.data.signature), provenance: bytes(parsed.data.provenance) };
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return undefined;
  }
}
