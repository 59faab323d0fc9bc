/** What workers of every queue share: the stores, the registry, and how workflows are started. */
import type { Client } from '@temporalio/client';
import { compareImages } from '../../adapters/builder/compare-images.ts';
import { connectRegistry, type HostedRegistry, type RegistrySettings } from '../../adapters/oci/connect.ts';
import { type CopyRoute, copyArtifact } from '../../adapters/oci/copy-artifact.ts';
import {
  createManifestMemory,
  type ManifestMemory,
  noteManifests,
  rememberManifests,
} from '../../adapters/oci/remember-manifests.ts';
import { createAdvisoryImports } from '../../adapters/postgres/advisory-imports.ts';
import { createPostgresBlobStore } from '../../adapters/postgres/blob-store.ts';
import type { Database } from '../../adapters/postgres/database.ts';
import { createDecisionTickets } from '../../adapters/postgres/decision-tickets.ts';
import { createEvidenceBook } from '../../adapters/postgres/evidence-book.ts';
import { createGenerationLedger } from '../../adapters/postgres/generation-ledger.ts';
import { createGoneBook } from '../../adapters/postgres/gone-book.ts';
import { createHistoryBook } from '../../adapters/postgres/history-book.ts';
import { createImportBook } from '../../adapters/postgres/import-book.ts';
import { createIncidentRecords } from '../../adapters/postgres/incident-records.ts';
import { createRotationBook } from '../../adapters/postgres/key-rotations.ts';
import { createPostgresLayerCache } from '../../adapters/postgres/layer-cache.ts';
import { createPostgresLease } from '../../adapters/postgres/lease.ts';
import { createPolicyStore } from '../../adapters/postgres/policy-store.ts';
import { createPromotionBook } from '../../adapters/postgres/promotion-book.ts';
import { createPushIntents } from '../../adapters/postgres/push-intents.ts';
import { createQuarantineBook } from '../../adapters/postgres/quarantine-book.ts';
import { createRebuildBook } from '../../adapters/postgres/rebuild-book.ts';
import { createReconcileBook } from '../../adapters/postgres/reconcile-book.ts';
import { createRescanBook } from '../../adapters/postgres/rescan-book.ts';
import { createReverifyBook } from '../../adapters/postgres/reverify-book.ts';
import { createStockBook } from '../../adapters/postgres/stock-book.ts';
import { createThreatImports } from '../../adapters/postgres/threat-imports.ts';
import { createUnkeptBook } from '../../adapters/postgres/unkept-book.ts';
import { createVerdictBook } from '../../adapters/postgres/verdict-book.ts';
import { createRegistryEvidenceDesk } from '../../adapters/sigstore/registry-evidence-desk.ts';
import { createClosedRuns } from '../../adapters/temporal/closed-runs.ts';
import { createWorkflowStarter } from '../../adapters/temporal/workflow-starter.ts';
import type { Digest } from '../../domain/artifact/digest.ts';
import type { RegistryService } from '../../domain/identity/registry-access.ts';
import type { PromotionStart } from '../../domain/promotion/promotion-book.ts';

interface ImagePlace {
  readonly repository: string;
  readonly digest: Digest;
}

export type Wiring = ReturnType<typeof createWiring>;

export function createWiring(db: Database, client: Client, settings: RegistrySettings) {
  const lease = createPostgresLease(db);
  const registries = connectRegistry(settings, { lease, beforePush: createPushIntents(db) });
  // One memory for all hands: who opens an artifact has read what the others copy and take stock of.
  const manifests = createManifestMemory();
  const hands = (service: RegistryService) => createHands(registries.as(service), manifests);
  const policies = createPolicyStore(db);
  const stocks = createStockBook(db);
  const evidence = createEvidenceBook(db);
  const quarantines = createQuarantineBook(db, policies);
  const starter = createWorkflowStarter(client, db);
  return {
    db,
    lease,
    isReachable: () => registries.isReachable(),
    close: registries.close,
    ...hands('read'),
    hands,
    policies,
    stocks,
    evidence,
    starter,
    startPipeline: starter.startPipeline,
    wake: starter.wake,
    rebuilds: createRebuildBook(db, policies),
    ...createReconcileBook(db, policies),
    gone: createGoneBook(db, policies),
    verdicts: createVerdictBook(db, policies, stocks, evidence),
    generations: createGenerationLedger(db),
    promotions: createPromotionBook(db, policies),
    tickets: createDecisionTickets(db),
    quarantines,
    unkept: createUnkeptBook(db, quarantines),
    incidentRecords: createIncidentRecords(db),
    imports: createAdvisoryImports(db),
    threats: createThreatImports(db),
    rescans: createRescanBook(db, () => policies.current()),
    importBook: createImportBook(db, policies),
    reverifications: createReverifyBook(db, () => policies.current()),
    rotations: createRotationBook(db),
    wakeStarter: async () => void (await starter.sweep(0)),
    blobs: createPostgresBlobStore(db),
    histories: { source: createClosedRuns(client), book: createHistoryBook(db) },
    layerCache: createPostgresLayerCache(db),
    /** Their request rows are committed: started here at once, and by the sweeper where this process dies first. */
    startPromotions: async (starts: readonly PromotionStart[]) => {
      for (const { key, workflowId } of starts)
        await starter.startInTurn({
          id: workflowId,
          kind: 'promotion',
          taskQueue: 'control',
          input: { ...key },
          generation: key.generation,
        });
    },
  };
}

/** What is done in the registry, with the credentials of one kind of work. */
function createHands(hosted: HostedRegistry, manifests: ManifestMemory) {
  const registry = noteManifests(hosted, manifests);
  const copying = rememberManifests(hosted, manifests);
  return {
    registry,
    contents: copying,
    desk: createRegistryEvidenceDesk(registry, copying),
    copyArtifact: (route: CopyRoute) => copyArtifact(copying, route),
    compareImages: (before: ImagePlace, after: ImagePlace, signal: AbortSignal) =>
      compareImages({ registry, ...before }, { registry, ...after }, { signal }),
  };
}
