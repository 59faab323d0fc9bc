import type { Bundle } from '@sigstore/bundle';

const ENVELOPE_V03 = 'application/vnd.dev.sigstore.bundle.v0.3+json';

/**
 * The bundle of a document that holds nothing but a statement in DSSE, signed with a key: what cosign and Pratique write where no
 * log and no timestamp is asked for. Undefined for every other document, and where anything is not as `bundleSchema` has it: those
 * are the schema's and the library's, which say what is wrong, and take longer.
 */
export function readPlainKeyBundle(value: unknown): Bundle | undefined {
  const document = membersOf(value, ['mediaType', 'verificationMaterial', 'dsseEnvelope']);
  const material = membersOf(document?.verificationMaterial, ['publicKey', 'tlogEntries']);
  const publicKey = membersOf(material?.publicKey, ['hint']);
  const envelope = membersOf(document?.dsseEnvelope, ['payload', 'payloadType', 'signatures']);
  const signatures = envelope?.signatures;
  if (document?.mediaType !== ENVELOPE_V03 || publicKey === undefined || !Array.isArray(signatures)) return undefined;
  const { tlogEntries: entries = [] } = material ?? {};
  if (signatures.length !== 1 || !Array.isArray(entries) || entries.length > 0) return undefined;
  const { sig: encoded, keyid = '' } = membersOf(signatures[0], ['sig', 'keyid']) ?? {};
  const sig = decodeBase64(encoded);
  const payload = decodeBase64(envelope?.payload);
  const payloadType = envelope?.payloadType;
  const { hint = '' } = publicKey;
  if (sig === undefined || payload === undefined) return undefined;
  if (!isText(payloadType, 255) || !isText(hint, 1000) || !isText(keyid, 1000)) return undefined;
  return {
    mediaType: ENVELOPE_V03,
    content: { $case: 'dsseEnvelope', dsseEnvelope: { payload, payloadType, signatures: [{ sig, keyid }] } },
    verificationMaterial: {
      content: { $case: 'publicKey', publicKey: { hint } },
      tlogEntries: [],
      timestampVerificationData: undefined,
    },
  };
}

/** Undefined where it is no object, or has a member that is not named here. */
function membersOf(value: unknown, names: readonly string[]): Readonly<Record<string, unknown>> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  for (const name of Object.keys(value)) if (!names.includes(name)) return undefined;
  return value as Record<string, unknown>;
}

/** Only in its canonical form; and what is empty is for the library to refuse. */
function decodeBase64(text: unknown): Buffer | undefined {
  if (typeof text !== 'string' || text === '') return undefined;
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}

function isText(value: unknown, maximum: number): value is string {
  return typeof value === 'string' && value.length <= maximum;
}
