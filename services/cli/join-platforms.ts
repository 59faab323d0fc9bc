import { platformName } from '../../domain/artifact/descriptor.ts';
import type { SbomSubject } from '../../domain/sbom/document.ts';
import { rollUp, sharedFacts } from '../../domain/sbom/roll-up.ts';
import type { SourceStock } from './source.ts';

/**
 * An index as a whole: every component with the platforms it is on. What is one image only stays that; undefined where several
 * have no `whole` that a document could be about.
 */
export function joinPlatforms(whole: SbomSubject | undefined, parts: readonly SourceStock[]): SourceStock | undefined {
  if (whole === undefined) return parts.length === 1 ? parts[0] : undefined;
  const named = parts.map(({ platform, subject, stock }) => ({
    platform: platform === undefined ? (subject.digest ?? subject.name) : platformName(platform),
    stock,
  }));
  const created = parts.flatMap((part) => part.created ?? []).toSorted((a, b) => Date.parse(a) - Date.parse(b));
  const build = sharedFacts(parts.map((part) => part.build ?? []));
  const latest = created.at(-1);
  return {
    subject: whole,
    stock: rollUp(named),
    ...(latest === undefined ? {} : { created: latest }),
    ...(build.length === 0 ? {} : { build }),
  };
}
