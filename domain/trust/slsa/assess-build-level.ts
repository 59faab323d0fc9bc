import type { BuildLevel, LevelLimit, SlsaProvenance } from './provenance.ts';

/** What a build reaches, and why not more. */
export interface BuildAssessment {
  /** The lowest of all limits. */
  readonly level: BuildLevel;
  /** What keeps it from the next level, then what would keep it from those above; nothing at level 3. */
  readonly whyNotHigher: readonly LevelLimit[];
  /** Facts of their own since SLSA 1.0: no level asks for them. */
  readonly hermetic: boolean;
  readonly reproducible: boolean;
  /** The four levels of SLSA 0.1, for those who still ask by these names. */
  readonly older: string;
}

const lowest = (limits: readonly LevelLimit[]) => Math.min(3, ...limits.map(({ level }) => level)) as BuildLevel;

/** What the provenance itself supports, before anybody grants its builder anything. */
export function supportedLevel({ limits }: Pick<SlsaProvenance, 'limits'>): BuildLevel {
  return lowest(limits);
}

/**
 * The lower of what is granted to the pair of signer and builder, and what its provenance supports. The signature and the
 * subject are the verifier's, before this: without them nothing is level 1. `granted` says who grants how much.
 */
export function assessBuildLevel(
  provenance: Pick<SlsaProvenance, 'limits' | 'hermetic' | 'reproducible'>,
  granted: LevelLimit,
): BuildAssessment {
  const limits = granted.level < 3 ? [...provenance.limits, granted] : provenance.limits;
  const level = lowest(limits);
  const hermetic = provenance.hermetic === true;
  return {
    level,
    whyNotHigher: [...limits].sort((a, b) => a.level - b.level),
    hermetic,
    reproducible: provenance.reproducible === true,
    older: olderName(level, hermetic),
  };
}

/** SLSA 0.1's levels 1 to 3 ask for what Build 1 to 3 do; its fourth for what no Build level asks for any more. */
function olderName(level: BuildLevel, hermetic: boolean): string {
  return `SLSA 0.1 level ${level} for its build; level 4 would ask for two-person review (not shown) and a hermetic build (${hermetic ? 'shown' : 'not shown'})`;
}
