import { isAscii } from 'node:buffer';
import type { Bundle } from '@sigstore/bundle';
import { jsonAmbiguity } from '../../domain/json/ambiguity.ts';
import type { RejectionCode } from '../../domain/trust/evidence.ts';
import { readPlainKeyBundle } from './plain-key-bundle.ts';

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

export type OpenedBundle = { readonly outcome: 'opened'; readonly bundle: Bundle } | Rejection;

/** Schema and library take as long to load as most of the rest, and a plain bundle needs neither. */
let decoding: Promise<{ decodeBundle(value: unknown): OpenedBundle }> | undefined;

/** A bundle from bytes of unknown origin. Reasons name the place in the document, never quote it. */
export async function openBundle(bytes: Uint8Array): Promise<OpenedBundle> {
  if (bytes.length > maxBundleBytes)
    return reject('BUNDLE_TOO_LARGE', `the bundle has ${bytes.length} bytes; at most ${maxBundleBytes} are read`);
  const json = readJson(bytes);
  if (json === undefined) return reject('BUNDLE_MALFORMED', 'the bundle is not JSON in UTF-8');
  if (json.ambiguity !== undefined)
    return reject('BUNDLE_AMBIGUOUS', `two readers may not read the same from the bundle: ${json.ambiguity}`);
  const plain = readPlainKeyBundle(json.value);
  if (plain !== undefined) return { outcome: 'opened', bundle: plain };
  decoding ??= import('./decode-bundle.ts');
  const { decodeBundle } = await decoding;
  return decodeBundle(json.hasNulls ? withoutNulls(json.value) : json.value);
}

/** In protobuf's JSON a null member is an absent one: sigstore-js 1 wrote `"timestampVerificationData": null`. */
export function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, member]) => (member === null ? [] : [[key, withoutNulls(member)]])),
  );
}

/** The value in UTF-8 JSON; undefined where the bytes are none, or where another reader may read something else from them. */
export function parseJson(bytes: Uint8Array): { readonly value: unknown } | undefined {
  const json = readJson(bytes);
  return json?.ambiguity === undefined ? json : undefined;
}

const decoder = new TextDecoder('utf-8', { fatal: true });

/** `ambiguity`: why another reader may read something else. Undefined where the bytes are no JSON in UTF-8. */
export function readJson(
  bytes: Uint8Array,
): { readonly value: unknown; readonly ambiguity: string | undefined; readonly hasNulls: boolean } | undefined {
  try {
    const text = isAscii(bytes)
      ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
      : decoder.decode(bytes);
    const value: unknown = JSON.parse(text);
    const ambiguity = isAsWritten(text, value) ? undefined : jsonAmbiguity(text, maxDepth);
    return { value, ambiguity, hasNulls: text.includes('null') };
  } catch {
    return undefined;
  }
}

/**
 * Whether a text is just what its value is written as: then no key is in it twice, as the value has each but once. Long ones may be
 * nested too deep (every level takes two characters), and may take memory once more.
 */
function isAsWritten(text: string, value: unknown): boolean {
  return text.length <= 2 * maxDepth && JSON.stringify(value) === text;
}
