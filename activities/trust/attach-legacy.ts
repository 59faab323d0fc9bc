import type { Digest } from '../../domain/artifact/digest.ts';
import type { Signer } from '../../domain/trust/signer.ts';
import type { AttestDependencies } from './attest.ts';

class ClaimGivenUp extends Error {}

/**
 * The admission once more for consumers that read cosign's older tags alone. `mayCreate` is told of each manifest before it is
 * written; where it says no the claim was given up, and this returns false.
 */
export async function attachLegacy(
  { desk, installation }: Pick<AttestDependencies, 'desk' | 'installation'>,
  destination: string,
  subjects: readonly Digest[],
  signer: Signer,
  mayCreate: (created: readonly Digest[]) => Promise<boolean>,
): Promise<boolean> {
  const onCreate = async (created: readonly Digest[]) => {
    if (!(await mayCreate(created))) throw new ClaimGivenUp();
  };
  const reference = `${installation.registryHost}/${destination}`;
  try {
    for (const digest of subjects) await desk.attachLegacySignature(destination, digest, reference, signer, onCreate);
    return true;
  } catch (error) {
    if (error instanceof ClaimGivenUp) return false;
    throw error;
  }
}
