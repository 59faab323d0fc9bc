/** Bringing in what runs already: what is asked for, and the port of what is recorded of it. */
import type { Digest } from '../artifact/digest.ts';
import type { ArtifactKey } from '../artifact/subject.ts';
import type { Role } from '../identity/role.ts';
import type { Policy } from '../policy/policy.ts';

export const importSourceKinds = ['registry', 'cluster', 'git'] as const;
export type ImportSourceKind = (typeof importSourceKinds)[number];

/**
 * `taken`: it is judged, and may stay until the date. `already`: nothing new. `admitted`: a promotion put it there. `ignored`:
 * evidence. `refused`: an incident holds it. `unresolved`: it can not be said what it is.
 */
export const importOutcomes = ['taken', 'already', 'admitted', 'ignored', 'refused', 'unresolved'] as const;
export type ImportOutcome = (typeof importOutcomes)[number];

/** References of one import, at most. */
export const MAX_IMPORT_REFERENCES = 50_000;
/** Days from now that a date may be away, at most: longer is no transition. */
export const MAX_GRANDFATHERED_DAYS = 366;

/** An image that something names, and where. */
export interface FoundReference {
  /** `host[:port]/path[:tag][@digest]` */
  readonly reference: string;
  /** `shop/Deployment/web: container app`, `apps/web.yaml: Deployment/web`. */
  readonly place: string;
}

export interface ImportRun {
  readonly id: string;
  readonly environment: string;
  /** RFC 3339 */
  readonly until: string;
  readonly reason: string;
  readonly sourceKind: ImportSourceKind;
  readonly source: string;
  readonly dryRun: boolean;
  readonly requestedBy: string;
  readonly requestedRole: Role;
  readonly state: 'open' | 'started' | 'done' | 'failed';
  readonly isListed: boolean;
}

/** One digest where it lies, and the artifact it is judged as. */
export interface ImportedPlace extends ArtifactKey {
  /** The same as `repository` where it runs from there. */
  readonly destination: string;
  readonly mediaType: string;
  readonly place: string;
}

export interface ImportDecision {
  readonly outcome: ImportOutcome;
  readonly reason: string;
}

export interface PendingReference extends FoundReference {
  readonly position: number;
}

/** What an import does in the database. Everything may be done twice. */
export interface ImportBook {
  policy(): Promise<Policy>;
  /** Undefined where nobody asked for it. */
  read(id: string): Promise<ImportRun | undefined>;
  /** False where that would be more than one import may have. */
  addReferences(id: string, references: readonly FoundReference[]): Promise<boolean>;
  markListed(id: string): Promise<void>;
  pending(id: string, limit: number): Promise<readonly PendingReference[]>;
  /** What stands in the way, or makes it needless; undefined where it is to be taken in. Changes nothing. */
  look(run: ImportRun, place: ImportedPlace): Promise<ImportDecision | undefined>;
  /** Before they are written there: that is not a push of anybody's, while one under a tag, later, is. */
  intendCopies(repository: string, manifests: readonly Digest[]): Promise<void>;
  /** Opens a generation, and records the grandfathering, unless an incident holds the digest by now. */
  takeIn(run: ImportRun, place: ImportedPlace): Promise<ImportDecision>;
  record(
    id: string,
    position: number,
    decision: ImportDecision,
    key?: { readonly repository: string; readonly digest: Digest },
  ): Promise<void>;
  finish(id: string, state: 'done' | 'failed', note?: string): Promise<void>;
}
