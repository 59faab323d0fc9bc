import type { Digest } from '../artifact/digest.ts';
import { readSimpleSigning } from './simple-signing.ts';
import { inTotoPayloadType, statementSchema } from './statement.ts';

/** Media type of what cosign signed before bundles. */
const simpleSigning = 'application/vnd.dev.cosign.simplesigning.v1+json';

/** What the bytes a key is asked to sign say: read from themselves, not from whoever asks. */
export interface SignedBytes {
  /** Predicate type of a statement, media type of anything else. */
  readonly statement: string;
  readonly subject: string;
  /** Of a verification summary: `PASSED`, `FAILED`. */
  readonly verificationResult?: unknown;
}

/**
 * A DSSE pre-authentication encoding around an in-toto statement about one subject, or a container signature in cosign's older
 * form; undefined for anything else, which nobody signs.
 */
export function readSignedBytes(data: Uint8Array): SignedBytes | undefined {
  const head = new TextDecoder().decode(data.subarray(0, 100));
  const begins = /^DSSEv1 (\d+) (\S+) (\d+) /.exec(head);
  try {
    if (begins === null) {
      const subject: Digest | undefined = readSimpleSigning(JSON.parse(new TextDecoder().decode(data)));
      return subject === undefined ? undefined : { statement: simpleSigning, subject };
    }
    const [encoded, , type] = begins;
    if (type !== inTotoPayloadType) return undefined;
    const parsed = statementSchema.safeParse(JSON.parse(new TextDecoder().decode(data.subarray(encoded.length))));
    const hex = parsed.data?.subject.length === 1 ? parsed.data.subject[0]?.digest.sha256 : undefined;
    if (!parsed.success || hex === undefined) return undefined;
    const { verificationResult } = (parsed.data.predicate ?? {}) as { verificationResult?: unknown };
    return {
      statement: parsed.data.predicateType,
      subject: `sha256:${hex}`,
      ...(verificationResult === undefined ? {} : { verificationResult }),
    };
  } catch {
    return undefined;
  }
}
