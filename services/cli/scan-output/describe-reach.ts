/** For people: what has to change so that a fixed version can be there. */
import type { Holder, Reach } from '../../../domain/advisory/reach.ts';

/** `handlebars@4.0.0` of `pkg:npm/handlebars@4.0.0`; the project where there is none. */
export function shortName(purl: string | undefined): string {
  return purl === undefined ? 'the project itself' : purl.replace(/^pkg:[^/]+\//, '').replaceAll('%40', '@');
}

const SHOWN = 3;
/** Characters of a range. */
const RANGE_WIDTH = 80;

/** Of `purl`: `handlebars@4.0.0 asks for ~1.2.0: to be changed first`. */
export function describeReach({ kind, heldBy = [] }: Reach, purl: string): string {
  switch (kind) {
    case 'within-ranges':
      // NuGet takes the lowest version that all allow: nobody gets a newer one who does not ask for it.
      return purl.startsWith('pkg:nuget/')
        ? 'all that ask for it allow that: ask for it in the project'
        : 'all that ask for it allow that: update the lockfile';
    case 'held': {
      const more = heldBy.length > SHOWN ? ` and ${heldBy.length - SHOWN} more` : '';
      return `${heldBy.slice(0, SHOWN).map(describeHolder).join(', ')}${more}: to be changed first`;
    }
    case 'unknown':
      return 'whether the ranges of all that ask for it allow that is not known';
  }
}

function describeHolder({ by, range }: Holder): string {
  if (range === undefined) return `${shortName(by)} brings its own copy`;
  return `${shortName(by)} asks for ${range.length > RANGE_WIDTH ? `${range.slice(0, RANGE_WIDTH - 1)}…` : range}`;
}
