/** How an artifact is, in one word: for lists, and to choose from them. */
import type { GenerationOutcome } from './generation-ledger.ts';

/** How far the pipeline is (`reportPhase`), how its newest run ended, and what comes before both. */
export const artifactStates = [
  ...['pending', 'retrying', 'awaiting-provenance', 'awaiting-signing'],
  ...(['judged', 'unknown', 'evidence', 'child', 'gone'] satisfies GenerationOutcome[]),
  'quarantined',
] as const;
export type ArtifactState = (typeof artifactStates)[number];
