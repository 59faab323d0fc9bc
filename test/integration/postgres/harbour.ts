/** The stores on one database, and short ways to bring artifacts to where a test begins. */
import { createHash, randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { type Database, transact } from '../../../adapters/postgres/database.ts';
import { createEvidenceBook } from '../../../adapters/postgres/evidence-book.ts';
import { readFindingsVersion } from '../../../adapters/postgres/findings-version.ts';
import { createGenerationLedger } from '../../../adapters/postgres/generation-ledger.ts';
import { createIncidentDesk } from '../../../adapters/postgres/incident-desk.ts';
import { createIncidentRecords } from '../../../adapters/postgres/incident-records.ts';
import { createIntakeLedger } from '../../../adapters/postgres/intake-ledger.ts';
import { createPolicyStore } from '../../../adapters/postgres/policy-store.ts';
import { createPromotionBook } from '../../../adapters/postgres/promotion-book.ts';
import { createQuarantineBook } from '../../../adapters/postgres/quarantine-book.ts';
import {
  type PersonsRequest,
  type PromotionRequest,
  requestByPerson,
  requestPromotion,
} from '../../../adapters/postgres/request-promotion.ts';
import { createStockBook } from '../../../adapters/postgres/stock-book.ts';
import { createVerdictBook } from '../../../adapters/postgres/verdict-book.ts';
import { mediaTypes } from '../../../domain/artifact/descriptor.ts';
import type { Digest } from '../../../domain/artifact/digest.ts';
import type { ArtifactKey } from '../../../domain/artifact/subject.ts';
import type { Verdict } from '../../../domain/policy/verdict.ts';
import type { PromotionKey, PromotionStart } from '../../../domain/promotion/promotion-book.ts';
import type { EvidenceRecord } from '../../../domain/trust/evidence.ts';

export const LEASE_SECONDS = 60;

/** A digest that is the same for the same name. */
export function digestOf(name: string): Digest {
  return `sha256:${createHash('sha256').update(name).digest('hex')}` as Digest;
}

/** dev, then staging, then prod, which two people approve. */
export function policyText(
  version: number,
  changes: { dev?: string; staging?: string; prod?: string; rest?: string } = {},
): string {
  const gates = 'gates: [{ gate: digest }]';
  return `apiVersion: pratique.dev/v1
kind: Policy
version: ${version}
intake: { repositories: ['**'] }
environments:
  - { name: dev, repository: 'dev/{repository}', ${gates}${changes.dev ?? ''} }
  - { name: staging, repository: 'staging/{repository}', after: [dev], ${gates}${changes.staging ?? ''} }
  - { name: prod, repository: 'prod/{repository}', after: [staging], ${gates}${changes.prod ?? ', approvals: { required: 2 }'} }
${changes.rest ?? ''}`;
}

export type Harbour = ReturnType<typeof createHarbour>;

export function createHarbour(db: Database) {
  const policies = createPolicyStore(db);
  const stocks = createStockBook(db);
  const evidence = createEvidenceBook(db);
  const intake = createIntakeLedger(db);
  const generations = createGenerationLedger(db);
  const promotions = createPromotionBook(db, policies);
  const verdicts = createVerdictBook(db, policies, stocks, evidence);
  const stores = {
    db,
    policies,
    stocks,
    evidence,
    intake,
    generations,
    promotions,
    verdicts,
    incidentRecords: createIncidentRecords(db),
    incidents: createIncidentDesk(db, policies, () => Promise.resolve()),
    quarantines: createQuarantineBook(db, policies),
  };

  /** Records a push and closes its generation; returns what the pipeline would know. */
  async function push(
    key: ArtifactKey,
    options: { tag?: string; children?: readonly Digest[]; config?: string; layers?: readonly string[] } = {},
  ): Promise<{ key: ArtifactKey; generation: number }> {
    const { tag, children = [], config, layers } = options;
    const { generation = 0 } = await intake.accept({
      event: {
        kind: 'artifact-pushed',
        id: randomUUID(),
        source: '/registry/test',
        occurredAt: new Date().toISOString(),
        ...key,
        mediaType: mediaTypes.ociManifest,
        ...(tag === undefined ? {} : { tag }),
      },
      key,
      cause: 'push',
      ...(tag === undefined ? {} : { tag }),
    });
    await generations.recordStructure(key, {
      descriptor: { mediaType: mediaTypes.ociManifest, size: 100 },
      kind: children.length === 0 ? 'image' : 'index',
      children: children.map((digest) => ({ digest, platform: 'linux/amd64' })),
    });
    if (config !== undefined)
      await generations.recordContent({
        digest: key.digest,
        config: digestOf(config),
        diffIds: (layers ?? [config]).map(digestOf),
        created: undefined,
      });
    await generations.conclude(
      { ...key, generation },
      { joined: Number.MAX_SAFE_INTEGER, outcome: 'judged', reason: '' },
    );
    return { key, generation };
  }

  /** A verdict under the policy in force. */
  async function judge(
    key: ArtifactKey,
    environment: string,
    said: { admitted?: boolean; decision?: string; ageSeconds?: number; generation?: number } = {},
  ): Promise<number> {
    const policy = await policies.current();
    const { admitted = true, decision = `${environment} ${key.digest}`, ageSeconds = 0, generation = 1 } = said;
    const verdict: Verdict = {
      key,
      environment,
      outcome: admitted ? 'pass' : 'fail',
      mode: 'enforce',
      admitted,
      gates: [
        {
          gate: 'digest',
          verdict: admitted ? 'pass' : 'fail',
          reason: admitted ? 'the same' : 'another one',
          evidence: [],
          details: [],
        },
      ],
      policy: { digest: policy.digest, version: policy.document.version },
      decisionDigest: digestOf(decision),
      findingsVersion: await readFindingsVersion(db, key.digest),
      evaluatedAt: new Date(Date.now() - ageSeconds * 1000).toISOString(),
    };
    return verdicts.record(verdict, generation);
  }

  /** Pushed, judged for dev, and asked for: nothing reserved yet. */
  async function requestDev(key: ArtifactKey, options: Parameters<typeof push>[1] = {}): Promise<PromotionKey> {
    const { generation } = await push(key, options);
    await judge(key, 'dev');
    const [start] = await promotions.requestFirst(key, generation);
    if (start === undefined) throw new Error('nothing was requested');
    return start.key;
  }

  /** Asks for it, under the policy in force. */
  async function request(asked: PromotionRequest): Promise<PromotionStart[]> {
    const policy = await policies.current();
    return transact(db, (trx) => requestPromotion(trx, policy, asked));
  }

  /** Likewise for a person; throws where it is refused. */
  async function askFor(asked: PersonsRequest): Promise<readonly PromotionStart[]> {
    const policy = await policies.current();
    const answer = await transact(db, (trx) => requestByPerson(trx, policy, asked));
    if (answer.outcome === 'refused') throw new Error(answer.reason);
    return answer.starts;
  }

  /** Live in dev; returns the promotion to staging that this asked for. */
  async function liveInDev(key: ArtifactKey, options: Parameters<typeof push>[1] = {}): Promise<PromotionKey> {
    return enter(await requestDev(key, options));
  }

  /** Reserves and goes live; returns the first promotion this asked for. */
  async function enter(promotion: PromotionKey): Promise<PromotionKey> {
    const reservation = await promotions.reserve(promotion, LEASE_SECONDS);
    if (reservation.outcome !== 'reserved') throw new Error(`not reserved: ${JSON.stringify(reservation)}`);
    const live = await promotions.goLive(promotion);
    if (live.outcome !== 'live') throw new Error(`not live: ${live.reason}`);
    return live.next[0]?.key ?? promotion;
  }

  /** Live in dev and staging, judged for prod: the promotion that waits for people. */
  async function waitingForProd(key: ArtifactKey): Promise<PromotionKey> {
    const staging = await liveInDev(key);
    await judge(key, 'staging');
    const prod = await enter(staging);
    await judge(key, 'prod');
    return prod;
  }

  /** A verified statement by somebody else: what a signer selector can name. */
  function signedBy(signer: string, subject: Digest, more: Partial<EvidenceRecord> = {}): EvidenceRecord {
    return {
      manifest: digestOf(`signature of ${subject} by ${signer}`),
      bundle: digestOf(`bundle of ${subject} by ${signer}`),
      subject,
      predicateType: 'https://sigstore.dev/cosign/sign/v1',
      origin: 'foreign',
      verification: { outcome: 'verified', identity: { kind: 'key', keyId: keyIdOf(signer) } },
      ...more,
    };
  }

  async function stateOf(promotion: PromotionKey): Promise<string> {
    const row = await db
      .selectFrom('promotion')
      .select('state')
      .where('environment', '=', promotion.environment)
      .where('repository', '=', promotion.repository)
      .where('digest', '=', promotion.digest)
      .where('generation', '=', promotion.generation)
      .executeTakeFirstOrThrow();
    return row.state;
  }

  /** `live`, `reserved`, `removed` or undefined. */
  async function placementOf(environment: string, digest: Digest): Promise<string | undefined> {
    const row = await db
      .selectFrom('placement')
      .select('state')
      .where('environment', '=', environment)
      .where('digest', '=', digest)
      .executeTakeFirst();
    return row?.state;
  }

  async function eventsOf(subject: string): Promise<{ sequence: number; type: string }[]> {
    return db
      .selectFrom('outbox')
      .select(['sequence', 'type'])
      .where('subject', '=', subject)
      .orderBy('sequence')
      .execute();
  }

  /** As if its lease had begun that much earlier. */
  async function ageLease(promotion: PromotionKey, seconds: number): Promise<void> {
    await sql`update promotion set lease_expires_at = lease_expires_at - make_interval(secs => ${seconds})
      where environment = ${promotion.environment} and digest = ${promotion.digest} and generation = ${promotion.generation}`.execute(
      db,
    );
  }

  return {
    ...stores,
    push,
    judge,
    requestDev,
    request,
    requestByPerson: askFor,
    liveInDev,
    enter,
    waitingForProd,
    signedBy,
    stateOf,
    placementOf,
    eventsOf,
    ageLease,
  };
}

/** In the form of a key id: 43 base64 digits and `=`. */
function keyIdOf(signer: string): string {
  return createHash('sha256').update(signer).digest('base64');
}

export const signerOf = (name: string) => ({ kind: 'signer', value: `key:${keyIdOf(name)}` }) as const;
