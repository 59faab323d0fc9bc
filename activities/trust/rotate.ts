/** A new key in the place of another, and what is live signed by it: after it was judged again, and never because somebody said so. */
import { Context } from '@temporalio/activity';
import { type Digest, digestHex } from '../../domain/artifact/digest.ts';
import { environmentRepository, findEnvironment, placeOf } from '../../domain/policy/environments.ts';
import { bundleSignature } from '../../domain/trust/bundle-signature.ts';
import type { KeyRotation, LivePlace, NewKey, RotationBook } from '../../domain/trust/key-rotation.ts';
import type { KeyUseLog } from '../../domain/trust/key-use.ts';
import { predicateTypes, type Statement } from '../../domain/trust/statement.ts';
import type { Revocations } from '../../domain/trust/trusted-signer.ts';
import { ClaimGivenUp } from '../claim-given-up.ts';
import { copyLateEvidence } from '../copy-late-evidence.ts';
import { admissionPublications } from './admission-publications.ts';
import { admissionSubjects } from './admission-subjects.ts';
import type { AdmitDependencies } from './admit.ts';
import { attachLegacy } from './attach-legacy.ts';
import { artifactDocuments } from './attest.ts';
import { judge } from './judge.ts';
import { attachAll, type Signed, signAll } from './publish.ts';
import { TrustError } from './trust-error.ts';

export interface RotateDependencies extends AdmitDependencies {
  readonly rotations: RotationBook;
  readonly keyUses: Pick<KeyUseLog, 'findSignatures'>;
  /** Makes the key of that name and number, or opens the one that `reference` names; the same again when it is asked again. */
  readonly makeKey: (name: string, number: number, reference: string | undefined) => Promise<NewKey>;
}

/** Places of one page: between pages others are looked for, so that a try goes on where the one before stopped. */
const PAGE = 20;
/** Codes that speak of one place alone, and say the same at every try. */
const OF_THE_PLACE: ReadonlySet<string> = new Set([
  'REGISTRY_BAD_MANIFEST',
  'REGISTRY_DIGEST_MISMATCH',
  'REGISTRY_TOO_LARGE',
  'REGISTRY_NOT_FOUND',
  'REPOSITORY_NOT_TAKEN_IN',
  'KEPT_STATEMENT_FORGED',
]);
const ADMISSION = 'admission-';

/** Makes the new key, and puts it in the old one's place. Returns how long the old one counts beside it (RFC 3339). */
export async function beginRotation(deps: RotateDependencies, id: string): Promise<{ readonly retireAt: string }> {
  const rotation = await openRotation(deps, id);
  if (rotation.state === 'requested') {
    const number = await deps.rotations.nextNumber(id);
    await deps.rotations.begin(id, await deps.makeKey(rotation.key, number, rotation.reference));
  }
  const { retireAt } = await openRotation(deps, id);
  if (retireAt === undefined) throw new Error(`the rotation ${id} did not begin`);
  return { retireAt };
}

async function openRotation({ rotations }: RotateDependencies, id: string): Promise<KeyRotation> {
  const rotation = await rotations.read(id);
  if (rotation === undefined) throw new TrustError('ROTATION_UNKNOWN', `nobody asked for a rotation ${id}`);
  return rotation;
}

/** Everything that is live and bears nothing by the new key, one after the other. What is not signed is recorded with the reason. */
export async function resignLive(
  deps: RotateDependencies,
  id: string,
  pass: number,
): Promise<{ readonly looked: number }> {
  const rotation = await openRotation(deps, id);
  if (rotation.state !== 'signing' && rotation.state !== 'overlap') return { looked: 0 };
  let looked = 0;
  for (;;) {
    const places = await deps.rotations.lacking(id, pass, PAGE);
    for (const place of places) {
      const again = rotation.key.startsWith(ADMISSION) ? admitAgain(deps, rotation, place) : documentAgain(deps, place);
      const refusal = await again.catch(refusalOf);
      await deps.rotations.record(id, pass, place, {
        outcome: refusal === undefined ? 'signed' : 'refused',
        reason: refusal ?? '',
      });
      looked += 1;
      Context.current().heartbeat(looked);
    }
    if (places.length < PAGE) break;
  }
  await deps.rotations.overlap(id);
  return { looked };
}

/** What the next pass may find mended, and no other try of this one: the others are not left to the old key for it. */
function refusalOf(error: unknown): string {
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (typeof code === 'string' && OF_THE_PLACE.has(code)) return `${code}: ${String(message)}`;
  throw error;
}

const noSuchPlace = ({ environment }: LivePlace): string => `the policy in force has no such place in ${environment}`;

/** Why it is not signed again; undefined where it is. The old key's own admission must be there, and every gate pass today. */
async function admitAgain(
  deps: RotateDependencies,
  rotation: KeyRotation,
  place: LivePlace,
): Promise<string | undefined> {
  const { destination, digest, repository, generation } = place;
  if (place.fencedBy !== undefined) return `it is in quarantine (${place.fencedBy})`;
  if (repository === '') return 'no promotion that is live shows how it came here';
  const policy = await deps.verdicts.policy();
  const environment = findEnvironment(policy, place.environment);
  if (environment === undefined || environmentRepository(policy, place.environment, repository) !== destination)
    return noSuchPlace(place);
  const observed = await deps.registry.resolve(destination, digest);
  if (observed === undefined) return 'the registry does not show it';
  if (!(await bringLateEvidence(deps, place))) return 'it was taken out meanwhile';
  const [verdict] = await judge(deps, policy, { repository, digest }, { repository: destination, observed }, [
    environment,
  ]);
  if (verdict === undefined) return 'it was not judged';
  const id = await deps.verdicts.record(verdict, generation);
  if (verdict.outcome !== 'pass') {
    const against = verdict.gates.filter((gate) => gate.verdict !== 'pass');
    return `it does not pass any more: ${against.map(({ gate, reason }) => `${gate}: ${reason}`).join('; ')}`;
  }
  const unshown = await whyNotAdmitted(deps, rotation, place);
  if (unshown !== undefined) return unshown;
  const signer = await deps.keys.admission(place.environment);
  if ('identity' in signer)
    return `admissions of ${place.environment} are signed by an identity: no key is asked for there`;
  if (signer.keyId !== rotation.newKey) throw new Error(`another key than ${rotation.newKey} is in use`);
  const { subjects, descriptors } = await admissionSubjects(deps, destination, digest, observed);
  const signed = await signAll(
    deps,
    admissionPublications(deps, policy, verdict, { subjects, descriptors, signer, id }),
  );
  if (!(await attachMade(deps, place, signed))) return 'it was taken out meanwhile';
  if (environment.consumers.some(({ format }) => format === 'legacy'))
    await attachLegacy(deps, destination, subjects, signer, async (created) =>
      deps.rotations.recordCreated(place, created),
    );
  const [summary] = signed;
  if (summary !== undefined) await deps.verdicts.attachSummary(id, summary.manifest);
  return undefined;
}

/** What came since it was let in is judged with the rest; false where no claim holds it any more. */
async function bringLateEvidence(deps: RotateDependencies, place: LivePlace): Promise<boolean> {
  const { destination, digest, repository } = place;
  const recorded = await deps.evidence.recordedWithChildren({ repository: destination, digest });
  const onCreate = async (manifests: readonly Digest[]) => {
    if (!(await deps.rotations.recordCreated(place, manifests))) throw new ClaimGivenUp();
  };
  try {
    await copyLateEvidence(deps, { repository, digest }, { repository: destination, recorded }, { onCreate });
    return true;
  } catch (error) {
    if (error instanceof ClaimGivenUp) return false;
    throw error;
  }
}

/**
 * Where the rows say that it was let in, an admission key of ours must have said so too, in the registry, about this place. Of one
 * that is revoked only what the chain of key uses has counts: a thief's signatures are not in it.
 */
async function whyNotAdmitted(
  deps: RotateDependencies,
  { key }: KeyRotation,
  { destination, digest, repository }: LivePlace,
): Promise<string | undefined> {
  const keys = (await deps.keys.held()).filter(({ name }) => name === key).map(({ publicKeyPem }) => publicKeyPem);
  const { revoked, revokedFrom } = await deps.verdicts.facts({ repository, digest });
  const recorded = await deps.evidence.recorded({ repository: destination, digest });
  let reason = `nothing in ${destination} shows that it was let in: no summary by a key called ${key} says PASSED about it`;
  for (const record of recorded) {
    if (record.origin !== 'own' || record.predicateType !== predicateTypes.vsa) continue;
    const attached = await deps.desk.readOne(destination, digest, record.manifest);
    if (attached?.kind !== 'bundle') continue;
    const verified = await deps.verifier.verify(attached.bytes, digest, { keys });
    if (verified.outcome === 'rejected' || verified.identity.kind !== 'key') continue;
    if (!saysPassed(verified.statement, `${deps.installation.registryHost}/${destination}`)) continue;
    const doubt = await whyNotOurs(deps, verified.identity.keyId, attached.bytes, {
      total: revoked,
      from: revokedFrom,
    });
    if (doubt === undefined) return undefined;
    reason = doubt;
  }
  return reason;
}

function saysPassed({ predicateType, predicate }: Statement, resourceUri: string): boolean {
  const said = (predicate ?? {}) as Record<string, unknown>;
  return (
    predicateType === predicateTypes.vsa && said.verificationResult === 'PASSED' && said.resourceUri === resourceUri
  );
}

async function whyNotOurs(
  { keyUses, sha256 }: RotateDependencies,
  keyId: string,
  bundle: Uint8Array,
  { total, from }: Revocations,
): Promise<string | undefined> {
  const name = `key:${keyId}`;
  const since = from?.[name];
  if (!total.includes(name) && since === undefined) return undefined;
  const signature = bundleSignature(bundle)?.signature;
  const hex = signature === undefined ? '' : digestHex(sha256(signature));
  const at = (await keyUses.findSignatures([hex])).get(hex);
  if (at === undefined)
    return `it was let in by ${name}, which is revoked, and no record of its uses has that signature`;
  if (since !== undefined && Date.parse(at) >= Date.parse(since))
    return `it was let in at ${at} by ${name}, which is revoked from ${since} on`;
  return undefined;
}

/** SBOMs and scan reports are made again from the stock, where it is live and where it was pushed. */
async function documentAgain(deps: RotateDependencies, place: LivePlace): Promise<string | undefined> {
  const { destination, digest, repository } = place;
  if (place.fencedBy !== undefined) return `it is in quarantine (${place.fencedBy})`;
  const policy = await deps.verdicts.policy();
  // What runs from where it was pushed lies in intake. Elsewhere we write nothing: it would be refused at every try.
  if (!['environment', 'intake'].includes(placeOf(policy, destination))) return noSuchPlace(place);
  const observed = await deps.registry.resolve(destination, digest);
  if (observed === undefined) return 'the registry does not show it';
  const { descriptors } = await admissionSubjects(deps, destination, digest, observed);
  const signer = await deps.keys.evidence();
  const documents = await artifactDocuments(deps, policy, { repository, digest }, destination, descriptors, signer);
  if (documents.length === 0) return 'no stock was taken of it: there is nothing to sign';
  const signed = await signAll(deps, documents);
  if (!(await attachMade(deps, place, signed))) return 'it was taken out meanwhile';
  // From there it is copied into the next environments.
  if (repository === '') return undefined;
  for (const subject of descriptors.keys())
    if ((await deps.registry.resolve(repository, subject)) === undefined) return undefined;
  const pushed = await artifactDocuments(deps, policy, { repository, digest }, repository, descriptors, signer);
  await attachAll(deps, repository, await signAll(deps, pushed));
  return undefined;
}

/** Recorded before it is there, so that it goes with the place; false where that was taken out meanwhile. */
async function attachMade(deps: RotateDependencies, place: LivePlace, signed: readonly Signed[]): Promise<boolean> {
  const made = signed.map(({ manifest }) => manifest);
  if (!(await deps.rotations.recordCreated(place, made))) return false;
  await attachAll(deps, place.destination, signed);
  return true;
}
