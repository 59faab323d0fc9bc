/** The pipeline's light steps: what an artifact is, and how its generation ends. */

import { platformName } from '../domain/artifact/descriptor.ts';
import type { Digest } from '../domain/artifact/digest.ts';
import type { GenerationKey, GenerationLedger, GenerationOutcome } from '../domain/artifact/generation-ledger.ts';
import type { RegistryReader, StoredManifest } from '../domain/artifact/registry.ts';
import { roleOf } from '../domain/artifact/runnable.ts';
import { reach } from '../domain/fault/fault-point.ts';
import type { PromotionBook, PromotionStart } from '../domain/promotion/promotion-book.ts';
import { withFailures } from './failures.ts';

export type OpenedGeneration =
  | {
      readonly state: 'open';
      readonly joined: number;
      readonly kind: 'image' | 'index' | 'other';
      readonly ageSeconds: number;
      /** It may be concluded where its workflow runs. Absent in histories of before, which go on as they began. */
      readonly closesHere?: true;
    }
  /** Another run finished this generation. */
  | { readonly state: 'closed' }
  /** The registry does not have it (yet). */
  | { readonly state: 'missing'; readonly joined: number; readonly ageSeconds: number }
  /** Pushed by digest and named by nothing so far: an index may follow. */
  | { readonly state: 'untagged'; readonly joined: number; readonly ageSeconds: number }
  | { readonly state: 'child'; readonly joined: number; readonly parent: Digest }
  | { readonly state: 'evidence'; readonly joined: number; readonly subject: Digest };

export interface PipelineDependencies {
  readonly registry: RegistryReader;
  readonly generations: GenerationLedger;
  readonly promotions: PromotionBook;
  readonly startPromotions: (starts: readonly PromotionStart[]) => Promise<void>;
}

export function createPipelineActivities({ registry, generations, promotions, startPromotions }: PipelineDependencies) {
  return withFailures({
    /** Claims the generation and reads the manifest. `patient`: one without a tag is reported as such, not judged yet. */
    async openGeneration(key: GenerationKey, runId: string, patient: boolean): Promise<OpenedGeneration> {
      const claim = await generations.claim(key, runId);
      if (claim.state === 'closed') return claim;
      await reach('generation.claimed', key.digest);
      const { joined, ageSeconds } = claim;
      const stored = await registry.getManifest(key.repository, key.digest);
      if (stored === undefined) return { state: 'missing', joined, ageSeconds };
      const role = roleOf(stored, undefined);
      if (role.role === 'evidence') return { state: 'evidence', joined, subject: role.subject };
      const { tagged, parent } = await generations.whereabouts(key);
      const isChild = !tagged && parent !== undefined;
      await generations.recordStructure(key, {
        descriptor: stored.descriptor,
        kind: role.kind,
        children: childrenOf(stored),
      });
      // Judged with its parent; an incident reaches that through it, whichever of them came first.
      if (isChild) return { state: 'child', joined, parent };
      // Also an index: it may be inside of one that is pushed after it. What it holds finds it meanwhile.
      if (!tagged && patient) return { state: 'untagged', joined, ageSeconds };
      return { state: 'open', joined, kind: role.kind, ageSeconds, closesHere: true };
    },

    /** Shown to people while a step waits for its next try. */
    async reportPhase(key: GenerationKey, phase: string, reason: string): Promise<void> {
      if (phase === 'awaiting-signing') await generations.awaitSigning(key, reason);
      else await generations.setPhase(key, phase, reason);
    },

    /** Closes the generation; where it was judged, promotions into the first environments are requested and started. */
    async concludeGeneration(
      key: GenerationKey,
      result: { joined: number; outcome: GenerationOutcome; reason: string },
    ): Promise<{ again: false } | { again: true; joined: number }> {
      const starts = result.outcome === 'judged' ? await promotions.requestFirst(key, key.generation) : [];
      await reach('generation.requested', key.digest);
      const concluded = await generations.conclude(key, result);
      await reach('generation.concluded', key.digest);
      await startPromotions(starts);
      return concluded;
    },
  });
}

function childrenOf({ content }: StoredManifest) {
  if (content.kind === 'manifest') return [];
  return content.index.manifests.map(({ digest, platform }) => ({
    digest,
    platform: platform === undefined ? undefined : platformName(platform),
  }));
}

export type PipelineActivities = ReturnType<typeof createPipelineActivities>;
