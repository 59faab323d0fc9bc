import type { Descriptor } from '../../domain/artifact/descriptor.ts';
import type { Digest } from '../../domain/artifact/digest.ts';
import { type AttestDependencies, describeAll } from './attest.ts';

/** The artifact and its children, as the destination has them; `observed` is the artifact itself. */
export async function admissionSubjects(
  { registry, stocks }: Pick<AttestDependencies, 'registry' | 'stocks'>,
  destination: string,
  digest: Digest,
  observed: Descriptor,
): Promise<{ readonly subjects: readonly Digest[]; readonly descriptors: ReadonlyMap<Digest, Descriptor> }> {
  const platforms = await stocks.platforms(digest);
  const children = platforms.map((platform) => platform.digest).filter((child) => child !== digest);
  const subjects = [digest, ...new Set(children)];
  const descriptors = new Map([[digest, observed], ...(await describeAll(registry, destination, subjects.slice(1)))]);
  return { subjects, descriptors };
}
