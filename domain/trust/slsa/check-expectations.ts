import { matchesPattern } from '../../policy/repository-pattern.ts';
import { canonicalSource } from '../../policy/source-address.ts';
import type { SlsaProvenance } from './provenance.ts';

/** What a provenance must say; every list that is given must have a match. `*` matches within a segment, `**` across. */
export interface ProvenanceExpectations {
  /** builder.id, exactly. */
  readonly builders?: readonly string[] | undefined;
  /** Patterns of source addresses. */
  readonly sources?: readonly string[] | undefined;
  /** Patterns of refs: `refs/tags/v*`. */
  readonly refs?: readonly string[] | undefined;
  /** Full commit ids. */
  readonly commits?: readonly string[] | undefined;
  /** Patterns of entry points: `.github/workflows/release.yml`. */
  readonly entryPoints?: readonly string[] | undefined;
}

/** `missing`: it does not say; `other`: it says something else. */
export interface ExpectationProblem {
  readonly of: 'builder' | 'source' | 'ref' | 'commit' | 'entry point';
  readonly kind: 'missing' | 'other';
  readonly reason: string;
}

type Said = Pick<SlsaProvenance, 'builderId' | 'source' | 'entryPoint'>;

/** Everything that is not as expected, in the order of the fields; empty where all is. */
export function checkExpectations(said: Said, expected: ProvenanceExpectations): ExpectationProblem[] {
  const { source } = said;
  const isOne = (wanted: string, value: string) => wanted.toLowerCase() === value.toLowerCase();
  const isSource = (pattern: string, value: string) => matchesPattern(canonicalSource(pattern), canonicalSource(value));
  return [
    check('builder', said.builderId, expected.builders, (wanted, value) => wanted === value),
    check('source', source?.repository, expected.sources, isSource),
    check('ref', source?.ref, expected.refs, matchesPattern),
    check('commit', source?.commit, expected.commits, isOne),
    check('entry point', said.entryPoint, expected.entryPoints, matchesPattern),
  ].flatMap((problem) => problem ?? []);
}

function check(
  of: ExpectationProblem['of'],
  value: string | undefined,
  wanted: readonly string[] | undefined,
  matches: (pattern: string, value: string) => boolean,
): ExpectationProblem | undefined {
  if (wanted === undefined) return undefined;
  if (value === undefined || value === '')
    return { of, kind: 'missing', reason: `it names no ${of}; wanted is ${wanted.join(' or ')}` };
  if (wanted.some((pattern) => matches(pattern, value))) return undefined;
  return { of, kind: 'other', reason: `its ${of} is ${value}; wanted is ${wanted.join(' or ')}` };
}
