import { sql } from 'kysely';
import { namesOf } from '../../domain/advisory/finding.ts';
import type { Digest } from '../../domain/artifact/digest.ts';
import { type ArtifactKey, subjectOf } from '../../domain/artifact/subject.ts';
import type { JudgedPlatform } from '../../domain/policy/gate.ts';
import type { Verdict } from '../../domain/policy/verdict.ts';
import type { EvidenceBook, JudgedFacts, StockBook, VerdictBook } from '../../domain/policy/verdict-book.ts';
import { type Database, transact } from './database.ts';
import { decisionsAbout } from './decision-rows.ts';
import { readTrustEpoch } from './epoch.ts';
import { readFindingsVersion } from './findings-version.ts';
import { appendOutbox } from './outbox.ts';
import type { PolicyStore } from './policy-store.ts';
import { approvalsFor, committersOf } from './promotion-approvals.ts';
import { judgedReports } from './scanner-reports.ts';
import { readSurroundings } from './surroundings.ts';

export function createVerdictBook(
  db: Database,
  policies: PolicyStore,
  stocks: StockBook,
  evidence: EvidenceBook,
): VerdictBook {
  return {
    policy: () => policies.current(),
    facts: (key) => loadFacts(db, stocks, evidence, key),
    decisions: (names) => decisionsAbout(db, names),
    record: (verdict, generation) => transact(db, (trx) => recordVerdict(trx, verdict, generation)),
    async attachSummary(id, manifest) {
      await db.updateTable('verdict').set({ vsa: manifest }).where('id', '=', id).execute();
    },
    async latest({ repository, digest }, environment) {
      const row = await db
        .selectFrom('verdict')
        .select(['id', 'body'])
        .where('repository', '=', repository)
        .where('digest', '=', digest)
        .where('environment', '=', environment)
        // A decision that comes back renews its old row: the newest is the one judged last.
        .orderBy('evaluated_at', 'desc')
        .orderBy('id', 'desc')
        .limit(1)
        .executeTakeFirst();
      return row === undefined ? undefined : { id: row.id, verdict: row.body as unknown as Verdict };
    },
    approvals: (key, environment) => approvalsFor(db, { ...key, environment }),
  };
}

async function loadFacts(
  db: Database,
  stocks: StockBook,
  evidence: EvidenceBook,
  key: ArtifactKey,
): Promise<JudgedFacts> {
  // Before they are read: what changes meanwhile makes the verdict one of before.
  const findingsVersion = await readFindingsVersion(db, key.digest);
  const rows = await db
    .selectFrom('artifact_stock')
    .select(['platform_digest', 'platform', 'stock', 'failure'])
    .where('digest', '=', key.digest)
    .orderBy('platform')
    .execute();
  const platforms: JudgedPlatform[] = [];
  let oldest: string | undefined;
  let unscanned = false;
  const needed = new Set<string>();
  for (const row of rows) {
    const stock = row.stock === null ? undefined : await stocks.stock(row.stock as Digest);
    const scan = row.stock === null ? undefined : await stocks.newestScan(row.stock as Digest);
    if (scan === undefined) unscanned = true;
    else if (oldest === undefined || scan.at < oldest) oldest = scan.at;
    for (const { ecosystem } of stock?.components ?? []) needed.add(ecosystem);
    platforms.push({
      digest: row.platform_digest as Digest,
      platform: row.platform,
      complete: stock?.complete ?? false,
      componentCount: stock?.components.length ?? 0,
      unreadable: stock?.unreadable.map(({ path, reason }) => `${path}: ${reason}`) ?? [
        row.failure ?? 'no stock was taken',
      ],
      licences: stock?.components.map(({ purl, licences }) => ({ purl, licences })) ?? [],
      findings: scan?.result.findings ?? [],
      undecided: scan?.result.undecided ?? [],
      ...(scan?.result.left === undefined ? {} : { left: scan.result.left }),
    });
  }
  const reports = await judgedReports(db, key.digest);
  const decisions = await decisionsAbout(db, [
    ...platforms.flatMap(({ findings }) => findings.flatMap(namesOf)),
    ...reports.flatMap(({ findings }) => findings.flatMap(({ ids }) => ids)),
  ]);
  const around = await readSurroundings(db, key, needed);
  const failures = rows
    .filter((row) => row.stock === null)
    .map((row) => `${row.platform}: ${row.failure ?? 'no stock was taken'}`);
  return {
    key,
    kind: around.kind,
    platforms,
    failure: rows.length === 0 ? 'stock was never taken' : failures.length > 0 ? failures.join('; ') : undefined,
    scan:
      oldest === undefined || unscanned || around.database === undefined
        ? undefined
        : { at: oldest, ...around.database, feeds: around.feeds },
    findingsVersion,
    decisions,
    ...(reports.length === 0 ? {} : { reports }),
    evidence: await evidence.recordedWithChildren(key),
    claims: around.claims,
    revoked: around.revocations.flatMap(({ value, from }) => (from === undefined ? [value] : [])),
    revokedFrom: Object.fromEntries(
      around.revocations.flatMap(({ value, from }) => (from === undefined ? [] : [[value, from]])),
    ),
    committers: await committersOf(db, key.digest),
    approvals: [],
  };
}

async function recordVerdict(
  trx: Parameters<Parameters<typeof transact>[1]>[0],
  verdict: Verdict,
  generation: number,
): Promise<number> {
  const { key, environment } = verdict;
  const epoch = await readTrustEpoch(trx);
  const row = await trx
    .insertInto('verdict')
    .values({
      repository: key.repository,
      digest: key.digest,
      environment,
      generation,
      outcome: verdict.outcome,
      admitted: verdict.admitted,
      policy_version: verdict.policy.version,
      policy_digest: verdict.policy.digest,
      decision_digest: verdict.decisionDigest,
      trust_epoch: epoch,
      body: JSON.stringify(verdict),
      vsa: null,
      evaluated_at: verdict.evaluatedAt,
      findings_version: verdict.findingsVersion ?? null,
    })
    // The same decision again: only its age changes.
    .onConflict((conflict) =>
      conflict
        .columns(['repository', 'digest', 'environment', 'generation', 'decision_digest', 'trust_epoch'])
        .doUpdateSet({
          evaluated_at: verdict.evaluatedAt,
          body: JSON.stringify(verdict),
          findings_version: verdict.findingsVersion ?? null,
        }),
    )
    .returning(['id', sql<boolean>`xmax = 0`.as('inserted')])
    .executeTakeFirstOrThrow();
  await appendOutbox(trx, {
    subject: subjectOf(key),
    step: `verdict/${environment}/${generation}/${verdict.decisionDigest}/${epoch}`,
    type: 'artifact.judged-for',
    actor: 'system',
    data: {
      environment,
      outcome: verdict.outcome,
      admitted: verdict.admitted,
      policyVersion: verdict.policy.version,
      decision: verdict.decisionDigest,
      gates: verdict.gates.map(({ gate, verdict: said, reason }) => ({ gate, verdict: said, reason })),
    },
  });
  return row.id;
}
