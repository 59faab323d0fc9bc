/** What a revocation comes to: everything that relied on the signer or builder is judged again, and it is said what stands and what falls. */
import type { Digest } from '../artifact/digest.ts';
import type { PolicyDocument } from '../policy/document.ts';

/** One artifact in one environment. */
interface Reverified {
  readonly repository: string;
  readonly digest: Digest;
  readonly environment: string;
}

export interface Stood extends Reverified {
  /** `proof of time`: what it signed is shown to be of before. `other evidence`: it passes without. */
  readonly because: 'proof of time' | 'other evidence';
}

export interface Fell extends Reverified {
  readonly live: boolean;
  readonly reason: string;
  /** Opened for it by the policy, or open on it before. */
  readonly incident?: string | undefined;
}

export interface Reverification {
  readonly id: string;
  readonly kind: 'signer' | 'builder';
  readonly value: string;
  /** RFC 3339; null while something is still to be judged. */
  readonly endedAt: string | null;
  /** Artifacts that are still to be judged. */
  readonly waiting: number;
  readonly stood: readonly Stood[];
  readonly fell: readonly Fell[];
}

export interface ReverifyBook {
  /** How many artifacts are still to be judged. */
  waiting(id: string): Promise<number>;
  /** Says what stands and what fell, in an event; incidents are opened as the policy has it. The same again when asked again. */
  conclude(
    id: string,
  ): Promise<{ readonly stood: number; readonly fell: number; readonly incidents: readonly string[] }>;
}

/** Whether the policy opens an incident for something that fell and is live there. */
export function opensIncident({ revocationIncidents }: PolicyDocument, { live, environment }: Fell): boolean {
  return (
    live &&
    revocationIncidents.some(({ environments }) => environments === undefined || environments.includes(environment))
  );
}
