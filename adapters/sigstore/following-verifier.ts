import type { TrustMaterial } from '@sigstore/verify';
import type { BundleVerifier } from '../../domain/trust/evidence.ts';
import { createBundleVerifier } from './bundle-verifier.ts';

/** A verifier under the trusted root that is in force at each call; without one only keys count. */
export function createFollowingVerifier(current: () => TrustMaterial | undefined): BundleVerifier {
  let of = current();
  let verifier = createBundleVerifier(of);
  const inForce = () => {
    const now = current();
    if (now !== of) {
      of = now;
      verifier = createBundleVerifier(now);
    }
    return verifier;
  };
  return {
    verify: (bundle, subject, trusted) => inForce().verify(bundle, subject, trusted),
    trust: () => inForce().trust(),
  };
}
