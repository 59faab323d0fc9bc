import { type Bundle, bundleFromJSON, type SerializedBundle } from '@sigstore/bundle';
import { jsonAmbiguity } from '../../domain/json/ambiguity.ts';
import type { RejectionCode } from '../../domain/trust/evidence.ts';
import { bundleSchema } from './bundle-schema.ts';

/** Bytes of the largest bundle that is read. */
export const maxBundleBytes = 32 * 1024 * 1024;

/** Of a document inside a statement: dependency trees nest. */
const maxDepth = 1000;

export interface Rejection {
  readonly outcome: 'rejected';
  readonly code: RejectionCode;
  readonly reason: string;
}

export function reject(code: RejectionCode, reason: string): Rejection {
  return { outcome: 'rejected', code, reason };
}

/** A bundle from bytes of unknown origin. Reasons name the place in the document, never quote it. */
export function openBundle(bytes: Uint8Array): { readonly outcome: 'opened'; readonly bundle: Bundle } | Rejection {
  if (bytes.length > maxBundleBytes)
    return reject('BUNDLE_MALFORMED', `the bundle has ${bytes.length} bytes; at most ${maxBundleBytes} are read`);
  const json = parseJson(bytes);
  if (json === undefined) return reject('BUNDLE_MALFORMED', 'the bundle is not JSON in UTF-8');
  const checked = bundleSchema.safeParse(json.value);
  if (!checked.success) {
    const issue = checked.error.issues[0];
    const place = issue?.path.length ? `"${issue.path.join('.')}"` : 'the document';
    return reject('BUNDLE_MALFORMED', `${place} is not as the bundle format has it (${issue?.code ?? 'invalid'})`);
  }
  try {
    return { outcome: 'opened', bundle: bundleFromJSON(checked.data as unknown as SerializedBundle) };
  } catch {
    return reject('BUNDLE_MALFORMED', 'parts that the bundle format demands are missing');
  }
}

/** The value in UTF-8 JSON; undefined where the bytes are none, or where another reader may read something else from them. */
export function parseJson(bytes: Uint8Array): { readonly value: unknown } | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    const value: unknown = JSON.parse(text);
    return jsonAmbiguity(text, maxDepth) === undefined ? { value } : undefined;
  } catch {
    return undefined;
  }
}
