import { type Bundle, bundleToJSON, toDSSEBundle } from '@sigstore/bundle';
import { canonicalJson } from '../../domain/trust/canonical-json.ts';
import { preAuthenticationEncoding } from '../../domain/trust/pre-authentication-encoding.ts';
import type { BundleSigner, Signer } from '../../domain/trust/signer.ts';
import { inTotoPayloadType } from '../../domain/trust/statement.ts';
import { toFileBundle } from './file-bundle.ts';

/** Statements as Sigstore bundles v0.3 around one DSSE envelope, in the form cosign 3 writes for key pairs. */
export function createBundleSigner(): BundleSigner {
  return {
    sign: async (statement, signer) => {
      if ('identity' in signer) return signer.signStatement(statement);
      const payload = Buffer.from(canonicalJson(statement));
      const signature = await signer.sign(preAuthenticationEncoding(inTotoPayloadType, payload));
      return serialize(
        toDSSEBundle({ artifact: payload, artifactType: inTotoPayloadType, signature: Buffer.from(signature) }),
        signer,
      );
    },
  };
}

/** A signature over a file's bytes themselves, as `cosign sign-blob --bundle` writes it. */
export async function signMessage(artifact: Uint8Array, signer: Signer): Promise<Uint8Array> {
  const signature = Buffer.from(await signer.sign(artifact));
  return serialize(toFileBundle(artifact, { signature, signer: signer.publicKeyPem }), signer);
}

function serialize(bundle: Bundle, signer: Signer): Uint8Array {
  bundle.verificationMaterial.timestampVerificationData = undefined;
  // The hint is set here, not through the builder: that would also make it the DSSE keyid, and cosign 3 refuses such bundles.
  bundle.verificationMaterial.content = { $case: 'publicKey', publicKey: { hint: signer.keyId } };
  return Buffer.from(JSON.stringify(bundleToJSON(bundle)));
}
