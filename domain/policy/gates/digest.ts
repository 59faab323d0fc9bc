import { type Gate, gateOutcome } from './gate-context.ts';

/** The registry, read again, still gives the bytes that are being judged. */
export const digestGate: Gate<'digest'> = (_rule, { key, observedDigest }) => {
  if (observedDigest === undefined)
    return gateOutcome('digest', 'unknown', `the registry no longer has ${key.repository}@${key.digest}`);
  if (observedDigest !== key.digest)
    return gateOutcome('digest', 'fail', `the registry gives ${observedDigest} where ${key.digest} was judged`);
  return gateOutcome('digest', 'pass', `the registry gives ${key.digest}`);
};
