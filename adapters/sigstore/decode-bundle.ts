import { bundleFromJSON, type SerializedBundle } from '@sigstore/bundle';
import { bundleSchema } from './bundle-schema.ts';
import { isAcceptedHash } from './message-digest.ts';
import { type OpenedBundle, reject } from './open-bundle.ts';

/** A bundle of any kind from its JSON. Reasons name the place in the document, never quote it. */
export function decodeBundle(value: unknown): OpenedBundle {
  const checked = bundleSchema.safeParse(value);
  if (!checked.success) {
    const issue = checked.error.issues[0];
    const place = issue?.path.length ? `"${issue.path.join('.')}"` : 'the document';
    return reject('BUNDLE_MALFORMED', `${place} is not as the bundle format has it (${issue?.code ?? 'invalid'})`);
  }
  const algorithm = checked.data.messageSignature?.messageDigest.algorithm;
  if (algorithm !== undefined && !isAcceptedHash(algorithm))
    return reject(
      'ALGORITHM_UNSUPPORTED',
      'the bundle names no hash of its file that is accepted: SHA-256, -384 or -512',
    );
  try {
    return { outcome: 'opened', bundle: bundleFromJSON(checked.data as unknown as SerializedBundle) };
  } catch {
    return reject('BUNDLE_MALFORMED', 'parts that the bundle format demands are missing');
  }
}
