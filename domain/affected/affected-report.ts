/** What is affected: the answer of the API, and what the command line shows. */
import type { DecisionState } from '../advisory/decision/decision.ts';
import type { Severity } from '../advisory/finding.ts';

/** An advisory that was asked about, by its id or another of its names. */
export interface AskedAdvisory {
  id: string;
  aliases: string[];
  summary: string;
  severity: Severity;
  withdrawn: boolean;
}

/** A version of a package that is somewhere, and is meant by the question. */
export interface AffectedComponent {
  purl: string;
  /** Lowest fixed version above it, where an advisory names one. */
  fixedIn: string | null;
  /** Those that match it; empty where none was asked about. */
  advisories: string[];
  severity: Severity | null;
}

/** What was decided about one of the advisories, and holds. */
export interface PlaceDecision {
  id: string;
  state: DecisionState;
  /** Null where the artifact runs nowhere. */
  environment: string | null;
  /** RFC 3339 */
  until: string | null;
}

/** Where in an artifact: a layer (diff-id; null outside of an image) and the first of the places in it. */
export interface ComponentPlace extends AffectedComponent {
  layer: string | null;
  path: string;
  places: number;
  /** The signers whose SBOM says so; null where we read it in the layers. Servers of before do not say. */
  attestedBy?: string | null;
  /** Of each environment that has it; absent where nothing was decided. */
  decisions?: PlaceDecision[];
}

/** An artifact of the same repository, pushed later, that has nothing of what was asked about any more. */
export interface FixingArtifact {
  digest: string;
  tags: string[];
  /** When it was pushed first. */
  since: string;
  /** Where it runs already. */
  environments: string[];
}

export interface AffectedArtifact {
  repository: string;
  digest: string;
  tags: string[];
  /** `linux/amd64`: those of its platforms that are affected. */
  platforms: string[];
  /** The team the policy names for the repository. */
  owner: string | null;
  /** When it was pushed first. */
  since: string;
  /** Where it runs now, and since when. */
  environments: { environment: string; destination: string; since: string }[];
  fenced: boolean;
  /** Empty where the artifact itself was asked about: its digest, signer or builder. */
  components: ComponentPlace[];
  /** The newest there is; null where the last ones pushed are affected too, are not known whole, or were quarantined. */
  fixedBy: FixingArtifact | null;
}

export interface AffectedSummary {
  advisories: AskedAdvisory[];
  /** Worst first; the first 200. */
  components: AffectedComponent[];
  componentCount: number;
  /** Versions that could not be compared: affected or not, nobody can tell. The first 50. */
  undecided: { purl: string; reason: string }[];
  /** Packages that were asked about and that nothing ever had, and what is called nearly so: they may be misspelt. */
  unseen: { purl: string; nearest: string | null }[];
  /** Artifacts of which one platform at least is affected; `atLeast` where counting stopped. */
  artifacts: { count: number; atLeast: boolean };
}
