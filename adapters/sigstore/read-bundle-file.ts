/** Files that hold Sigstore bundles, one or many, in the forms others hand out. */
import { z } from 'zod';
import { parseJson, type Rejection, reject } from './open-bundle.ts';

/** Attestations of one artifact; more are a flood, not evidence. */
const MAX_BUNDLES = 1000;
const MAX_FILE_BYTES = 64 * 1024 * 1024;

/** A reply of npm's or GitHub's attestations endpoint. */
const reply = z.object({ attestations: z.array(z.object({ bundle: z.looseObject({}) })).max(MAX_BUNDLES) });

/** PEP 740, "Attestation objects". */
const pypiAttestation = z.object({
  version: z.literal(1),
  verification_material: z.object({
    certificate: z.string().max(100_000),
    transparency_entries: z.array(z.looseObject({})).min(1).max(32),
  }),
  envelope: z.object({ statement: z.string(), signature: z.string().max(100_000) }),
});

/** PEP 740, "Provenance objects". */
const pypiProvenance = z.object({
  version: z.literal(1),
  attestation_bundles: z.array(z.object({ attestations: z.array(pypiAttestation).max(MAX_BUNDLES) })).max(100),
});

/** Why a file of `size` bytes is not read: it has more than anybody reads. Undefined where it is. */
export function refuseBundleFile(size: number): Rejection | undefined {
  return size > MAX_FILE_BYTES
    ? reject('BUNDLE_TOO_LARGE', `the file has ${size} bytes; at most ${MAX_FILE_BYTES} are read`)
    : undefined;
}

/**
 * The bundles in a file: a bundle, lines of bundles (`gh attestation download`), a reply of npm or GitHub, an attestation or a
 * provenance object of PyPI. What is none of these is returned as it is, for the verifier to say what is wrong with it.
 * A Rejection (BUNDLE_TOO_LARGE) where there are more than anybody reads.
 */
export function readBundleFile(bytes: Uint8Array): readonly Uint8Array[] | Rejection {
  const refused = refuseBundleFile(bytes.length);
  if (refused !== undefined) return refused;
  const whole = parseJson(bytes)?.value;
  if (whole === undefined) return readLines(bytes) ?? [bytes];
  return readDocument(whole) ?? [bytes];
}

function readDocument(value: unknown): Uint8Array[] | undefined {
  const replied = reply.safeParse(value);
  if (replied.success) return replied.data.attestations.map(({ bundle }) => encode(bundle));
  const provenance = pypiProvenance.safeParse(value);
  if (provenance.success)
    return provenance.data.attestation_bundles.flatMap(({ attestations }) => attestations.map(fromPypi));
  const attestation = pypiAttestation.safeParse(value);
  return attestation.success ? [fromPypi(attestation.data)] : undefined;
}

function readLines(bytes: Uint8Array): Uint8Array[] | Rejection | undefined {
  const lines = new TextDecoder()
    .decode(bytes)
    .split('\n')
    .filter((line) => line.trim() !== '');
  if (lines.length < 2) return undefined;
  if (lines.length > MAX_BUNDLES)
    return reject('BUNDLE_TOO_LARGE', `the file has ${lines.length} lines; at most ${MAX_BUNDLES} bundles are read`);
  const encoded = lines.map((line) => new TextEncoder().encode(line));
  return encoded.every((line) => parseJson(line) !== undefined) ? encoded : undefined;
}

/** The same members under the names of a bundle v0.3 (pypi-attestations, `Attestation.to_bundle`). */
function fromPypi({ verification_material: material, envelope }: z.infer<typeof pypiAttestation>): Uint8Array {
  return encode({
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    verificationMaterial: {
      certificate: { rawBytes: material.certificate },
      tlogEntries: material.transparency_entries,
    },
    dsseEnvelope: {
      payload: envelope.statement,
      payloadType: 'application/vnd.in-toto+json',
      signatures: [{ sig: envelope.signature }],
    },
  });
}

function encode(value: object): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}
