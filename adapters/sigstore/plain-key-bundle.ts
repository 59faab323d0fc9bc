import type { Bundle } from '@sigstore/bundle';
import type { BundleDocument } from './bundle-schema.ts';

const ENVELOPE_V03 = 'application/vnd.dev.sigstore.bundle.v0.3+json';

/**
 * The bundle of a document that holds nothing but a statement in DSSE, signed with a key: what cosign and Pratique write where no
 * log and no timestamp is asked for. Undefined for every other document: those are the library's, which checks more, and takes
 * longer. `document` has passed the schema, so that its base64 is canonical and there is one signature.
 */
export function readPlainKeyBundle(document: BundleDocument): Bundle | undefined {
  const { mediaType, verificationMaterial: material, dsseEnvelope, messageSignature } = document;
  if (mediaType !== ENVELOPE_V03 || dsseEnvelope === undefined || messageSignature !== undefined) return undefined;
  const { publicKey, certificate, x509CertificateChain, tlogEntries, timestampVerificationData } = material;
  if (publicKey === undefined || certificate !== undefined || x509CertificateChain !== undefined) return undefined;
  if ((tlogEntries?.length ?? 0) > 0 || timestampVerificationData !== undefined) return undefined;
  const [signature] = dsseEnvelope.signatures;
  // What is empty is for the library to refuse.
  if (signature === undefined || signature.sig === '' || dsseEnvelope.payload === '') return undefined;
  return {
    mediaType,
    content: {
      $case: 'dsseEnvelope',
      dsseEnvelope: {
        payload: Buffer.from(dsseEnvelope.payload, 'base64'),
        payloadType: dsseEnvelope.payloadType,
        signatures: [{ sig: Buffer.from(signature.sig, 'base64'), keyid: signature.keyid ?? '' }],
      },
    },
    verificationMaterial: {
      content: { $case: 'publicKey', publicKey: { hint: publicKey.hint ?? '' } },
      tlogEntries: [],
      timestampVerificationData: undefined,
    },
  };
}
