/** Which activities each task queue runs, and how many at once. */
import { hostname } from 'node:os';
import { createAdvisoryActivities } from '../../activities/advisories.ts';
import { createExportHistoriesActivities } from '../../activities/export-histories.ts';
import { createImportActivities } from '../../activities/import.ts';
import { createInspectActivities } from '../../activities/inspect.ts';
import { createKeepLaterActivities } from '../../activities/keep-later.ts';
import { createPipelineActivities } from '../../activities/pipeline.ts';
import { createPromotionActivities } from '../../activities/promotion.ts';
import { createQuarantineActivities } from '../../activities/quarantine.ts';
import { createRebuildActivities } from '../../activities/rebuild.ts';
import { createReconcileActivities } from '../../activities/reconcile.ts';
import { createReverifyActivities } from '../../activities/reverify.ts';
import { createTrustActivities } from '../../activities/trust/activities.ts';
import { auditKeys } from '../../activities/trust/audited-keys.ts';
import { createEgress, type Egress } from '../../adapters/egress/egress.ts';
import { createNotationVerifier } from '../../adapters/notation/notation-verifier.ts';
import { attachDocument, documentLocation } from '../../adapters/oci/attached-document.ts';
import { listFeeds } from '../../adapters/osv/list-feeds.ts';
import { openFeed } from '../../adapters/osv/open-feed.ts';
import { withFeedFile } from '../../adapters/osv/read-feed.ts';
import { mayHoldThreats, readThreats } from '../../adapters/osv/read-threats.ts';
import { tellApproverList } from '../../adapters/postgres/approver-list.ts';
import { sha256Digest } from '../../adapters/postgres/blob-store.ts';
import { createKeyUseLog } from '../../adapters/postgres/key-use-log.ts';
import { registerOwnIdentities } from '../../adapters/postgres/own-identities.ts';
import { openApprovalProofs } from '../../adapters/proof/open-approval-proofs.ts';
import { createImageStockTaker } from '../../adapters/sbom/image-stock-taker.ts';
import { createSbomPublisher } from '../../adapters/sbom/sbom-publisher.ts';
import { createBundleSigner } from '../../adapters/sigstore/bundle-signer.ts';
import { createFollowingVerifier } from '../../adapters/sigstore/following-verifier.ts';
import { ensureKey, ensureKeys, openKey } from '../../adapters/sigstore/local-key-ring.ts';
import type { FeedState } from '../../domain/advisory/feed-state.ts';
import { digestHex } from '../../domain/artifact/digest.ts';
import type { TaskQueue } from '../../domain/artifact/subject.ts';
import { readProvenance } from '../../domain/trust/read-provenance.ts';
import { findOnPath } from '../../infra/dev/fetch/find-on-path.ts';
import type { WorkerConfig } from './config.ts';
import { createDocumentDesk } from './document-desk.ts';
import { createGithubAttestations } from './github-attestations.ts';
import type { OpenTrust } from './open-trust.ts';
import { createOwnKeys, rememberKeys } from './own-keys.ts';
import { ensureTwins } from './post-quantum-keys.ts';
import type { Wiring } from './wiring.ts';

/** Signs the head of the chain of key uses, and nothing else. */
const CHECKPOINT = 'checkpoint';

export interface QueuePlan {
  readonly activities: object;
  /** Activities at once. */
  readonly concurrency: number;
  /** Workflows kept in memory between their tasks (the SDK reckons 1.7 MiB each); others are replayed. 0: no workflow code runs here. */
  readonly cachedWorkflows: number;
}

export async function planQueue(
  queue: TaskQueue,
  wiring: Wiring,
  config: WorkerConfig,
  version: string,
  trust: OpenTrust,
): Promise<QueuePlan> {
  switch (queue) {
    case 'control':
      return {
        activities: {
          ...createPipelineActivities(wiring),
          ...createPromotionActivities({ ...wiring, ...wiring.hands('promote') }),
          ...createReverifyActivities(wiring),
          ...createRebuildActivities({ ...wiring, ...wiring.hands('adopt') }),
        },
        concurrency: 40,
        cachedWorkflows: 250,
      };
    case 'urgent':
      return {
        activities: createQuarantineActivities({ ...wiring, ...wiring.hands('quarantine') }),
        concurrency: 20,
        cachedWorkflows: 50,
      };
    case 'build':
      throw new Error('builds run in a process of their own, with another key: services/builder');
    case 'inspect':
      return {
        activities: {
          ...createRebuildActivities({ ...wiring, ...wiring.hands('adopt') }),
          ...createReconcileActivities(wiring),
          ...createKeepLaterActivities({ unkept: wiring.unkept, ...wiring.hands('quarantine') }),
          // Read with the hand that reads: the other one only writes to where pushes go.
          ...createImportActivities({
            ...wiring.hands('adopt'),
            registry: wiring.registry,
            imports: wiring.importBook,
          }),
          ...createAdvisoryActivities({ ...wiring, ...openFeeds(config.advisoryFeeds) }),
          ...createExportHistoriesActivities({
            ...wiring.histories,
            ...{ blobs: wiring.blobs, retention: config.historyRetention },
          }),
          ...createInspectActivities({
            ...wiring,
            stockTaker: createImageStockTaker(wiring.contents, {
              cache: wiring.layerCache,
              igzip: findOnPath('igzip'),
            }),
          }),
        },
        concurrency: 4,
        cachedWorkflows: 0,
      };
    case 'trust':
      return {
        activities: createTrustActivities(await trustDependencies(wiring, config, version, trust)),
        concurrency: 16,
        cachedWorkflows: 0,
      };
  }
}

/** Feeds are reached at their own hosts, and nowhere else. */
function openFeeds(feeds: readonly string[]) {
  const egress = createEgress({ configuredHosts: feeds.map((feed) => new URL(feed).host), allowPublicHosts: false });
  return {
    ...openThreatFeeds(feeds.filter(mayHoldThreats), egress),
    feeds: feeds.filter((feed) => !mayHoldThreats(feed)),
    listFeeds: (address: string, signal: AbortSignal) => listFeeds(address, { egress, signal }),
    openFeed: (address: string, known: FeedState | undefined, signal: AbortSignal) =>
      openFeed(address, known, { egress, signal }),
  };
}

function openThreatFeeds(threatFeeds: readonly string[], egress: Egress) {
  const readThreatFeed = (address: string, signal: AbortSignal) =>
    withFeedFile(address, { egress, signal }, async (file) => {
      const { rejected, ...table } = await readThreats(file, address);
      return { table, rejected };
    });
  return { threatFeeds, readThreatFeed };
}

async function trustDependencies(wiring: Wiring, config: WorkerConfig, version: string, { root, keyless }: OpenTrust) {
  if (config.keys === undefined) throw new Error('the trust queue has no keys');
  const { folder, passphrase } = config.keys;
  const policy = await wiring.policies.current();
  const environments = policy.document.environments.map(({ name }) => name);
  await ensureKeys(folder, passphrase, environments);
  if (config.keys.postQuantum) await ensureTwins(folder, passphrase, environments);
  await ensureKey(folder, CHECKPOINT, passphrase);
  await rememberKeys(wiring.db, folder);
  const ownIdentities = keyless?.identities ?? [];
  await registerOwnIdentities(wiring.db, ownIdentities);
  const keyUses = createKeyUseLog(wiring.db, {
    actor: `pratique-trust@${hostname()}`,
    checkpoint: await openKey(folder, CHECKPOINT, passphrase),
  });
  await tellApproverList(wiring.db, config.approvals.list);
  const own = createOwnKeys(wiring.db, config.keys);
  const sha256Hex = (bytes: Uint8Array) => digestHex(sha256Digest(bytes));
  const { registry, ...hands } = wiring.hands('evidence');
  return {
    ...wiring,
    ...hands,
    registry,
    keys: auditKeys(keyless?.over(own.ring) ?? own.ring, { log: keyUses, sha256Hex }),
    ownIdentities,
    keyUses,
    makeKey: own.makeKey,
    proofs: openApprovalProofs(wiring.db, config.approvals),
    attestations: createGithubAttestations(config.github),
    bundles: createBundleSigner(),
    verifier: createFollowingVerifier(() => root.current()),
    notation: createNotationVerifier(),
    readProvenance,
    documents: createDocumentDesk(wiring.db, registry),
    sboms: createSbomPublisher({
      blobs: wiring.blobs,
      toolVersion: version,
      async attach(repository, subject, document, stored) {
        await attachDocument(registry, repository, subject, document);
        return documentLocation(config.registry.host, config.registry.plainHttp, repository, stored);
      },
    }),
    sha256: sha256Digest,
    now: () => new Date(),
    installation: { uri: config.installation, version, registryHost: config.registry.host },
  };
}
