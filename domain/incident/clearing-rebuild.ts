import type { ArtifactFact, Selector } from './selector.ts';

/** Whether a rebuild answers the suspicion an incident rests on. It releases nothing: whoever decides is shown it. */
export type Clearing = { readonly clears: true } | { readonly clears: false; readonly why: string };

/** What one verified provenance about the artifact says of its build, and whose it is. */
export interface Vouching {
  readonly builder: string;
  readonly host: string | undefined;
  readonly signer: string;
  /** Nothing went in but the commit, and what that names by hash. */
  readonly inputsByHash: boolean;
}

/** About who built, where and with which key: what another builder can answer. */
const aboutTheBuild = ['builder', 'host', 'signer'] as const;

/**
 * The same bytes from the same commit show that the builder put nothing in, and nothing else: a malicious commit, lockfile,
 * component or base builds to the same bytes as often as one likes. And only another builder, on another host and with another
 * key, shows it, and only where what it fetched was checked by hash: whoever serves packages serves them to every builder.
 * `facts` and `vouchings` are what verified provenance says of the artifact, the rebuild's included.
 */
export function judgeRebuild(
  selector: Selector,
  outcome: 'identical' | 'different',
  facts: readonly ArtifactFact[],
  vouchings: readonly Vouching[],
): Clearing {
  const no = (why: string): Clearing => ({ clears: false, why });
  if (outcome === 'different') return no('it was rebuilt to other bytes');
  const suspect = aboutTheBuild.find((kind) => kind === selector.kind);
  if (suspect === undefined) return no(`the same bytes say nothing about a ${selector.kind}: it goes into every build`);
  for (const kind of aboutTheBuild) {
    const values = new Set(facts.filter((fact) => fact.kind === kind).map(({ value }) => value));
    const suspected = kind === selector.kind ? selector.value : undefined;
    const others = [...values].filter((value) => value !== suspected);
    if (others.length === 0 || (suspected === undefined && values.size < 2))
      return no(`no other ${kind} vouches for it`);
  }
  const others = vouchings.filter((vouching) => vouching[suspect] !== selector.value);
  return others.some(({ inputsByHash }) => inputsByHash)
    ? { clears: true }
    : no('no other builder shows that all it fetched was checked by hash');
}
