import { sql } from 'kysely';
import type { Digest } from '../../domain/artifact/digest.ts';
import { type Clearing, judgeRebuild, type Vouching } from '../../domain/incident/clearing-rebuild.ts';
import type { Selector, SelectorKind } from '../../domain/incident/selector.ts';
import { type EvidenceRecord, identityName } from '../../domain/trust/evidence.ts';
import type { Executor } from './database.ts';

/** What an ended rebuild says about the suspicion of an incident. */
export type RebuildAnswer = {
  readonly rebuild: string;
  /** Of what it is a rebuild. */
  readonly of: Digest;
  readonly state: 'identical' | 'different';
  /** What it gave. */
  readonly digest: Digest;
} & Clearing;

/** What came of the rebuilds of these, last ended first, and whether that answers what the incident is about. */
export async function rebuildAnswers(
  executor: Executor,
  digests: readonly Digest[],
  incident: string,
): Promise<RebuildAnswer[]> {
  const { rows } = await sql<{ rebuild: string; of: Digest; state: RebuildAnswer['state']; digest: Digest }>`
    select id as rebuild, digest as of, state, new_digest as digest from rebuild
    where digest = any(${digests}::text[]) and state in ('identical', 'different') order by ended_at desc, id`.execute(
    executor,
  );
  if (rows.length === 0) return [];
  const { selector } = await executor
    .selectFrom('incident')
    .select('selector')
    .where('id', '=', incident)
    .executeTakeFirstOrThrow();
  const rebuilt = [...new Set(rows.map(({ of }) => of))];
  const facts = Map.groupBy(await factsAbout(executor, rebuilt), ({ digest }) => digest);
  const vouchings = Map.groupBy(await vouchingsFor(executor, rebuilt), ({ of }) => of);
  return rows.map((row) => ({
    ...row,
    ...judgeRebuild(selector as unknown as Selector, row.state, facts.get(row.of) ?? [], vouchings.get(row.of) ?? []),
  }));
}

async function factsAbout(executor: Executor, digests: readonly Digest[]) {
  const { rows } = await sql<{ digest: Digest; kind: SelectorKind; value: string }>`
    select digest, kind, value from artifact_fact
    where digest = any(${digests}::text[]) and kind in ('builder', 'host', 'signer')`.execute(executor);
  return rows;
}

/** The verified provenance of artifacts, in whatever repository it is. */
async function vouchingsFor(
  executor: Executor,
  digests: readonly Digest[],
): Promise<(Vouching & { readonly of: Digest })[]> {
  const { rows } = await sql<{ of: Digest; record: EvidenceRecord }>`
    select subject as of, record from evidence
    where subject = any(${digests}::text[]) and origin = 'foreign' and outcome = 'verified'`.execute(executor);
  return rows.flatMap(({ of, record: { verification, provenance } }) => {
    if (verification.outcome !== 'verified' || provenance === undefined) return [];
    const { builderId, builderHost, inputsByHash } = provenance;
    const signer = identityName(verification.identity);
    return [{ of, builder: builderId, host: builderHost?.toLowerCase(), signer, inputsByHash: inputsByHash === true }];
  });
}
