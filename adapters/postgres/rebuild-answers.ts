import type { Transaction } from 'kysely';
import type { Digest } from '../../domain/artifact/digest.ts';
import { judgeRebuild, type Vouching } from '../../domain/incident/clearing-rebuild.ts';
import { type SelectorKind, selectorSchema } from '../../domain/incident/selector.ts';
import { type EvidenceRecord, identityName } from '../../domain/trust/evidence.ts';
import type { Schema } from './schema.ts';

type Trx = Transaction<Schema>;

/** What came of its rebuilds, and whether that answers what the incident is about. */
export async function rebuildAnswers(trx: Trx, digest: Digest, incident: string) {
  const rebuilds = await trx
    .selectFrom('rebuild')
    .select(['id', 'state', 'new_digest'])
    .where('digest', '=', digest)
    .where('state', 'in', ['identical', 'different'])
    .orderBy('ended_at', 'desc')
    .orderBy('id')
    .execute();
  if (rebuilds.length === 0) return [];
  const { selector } = await trx
    .selectFrom('incident')
    .select('selector')
    .where('id', '=', incident)
    .executeTakeFirstOrThrow();
  const facts = await trx
    .selectFrom('artifact_fact')
    .select(['kind', 'value'])
    .where('digest', '=', digest)
    .where('kind', 'in', ['builder', 'host', 'signer'])
    .execute();
  const vouchings = await vouchingsFor(trx, digest);
  return rebuilds.map(({ id, state, new_digest }) => ({
    ...{ rebuild: id, state, digest: new_digest },
    ...judgeRebuild(
      selectorSchema.parse(selector),
      state === 'identical' ? 'identical' : 'different',
      facts.map(({ kind, value }) => ({ kind: kind as SelectorKind, value })),
      vouchings,
    ),
  }));
}

/** The verified provenance of an artifact, in whatever repository it is. */
async function vouchingsFor(trx: Trx, digest: Digest): Promise<Vouching[]> {
  const rows = await trx
    .selectFrom('evidence')
    .select('record')
    .where('subject', '=', digest)
    .where('origin', '=', 'foreign')
    .where('outcome', '=', 'verified')
    .execute();
  return rows.flatMap(({ record }) => {
    const { verification, provenance } = record as EvidenceRecord;
    if (verification.outcome !== 'verified' || provenance === undefined) return [];
    const { builderId, builderHost, inputsByHash } = provenance;
    const signer = identityName(verification.identity);
    return [{ builder: builderId, host: builderHost?.toLowerCase(), signer, inputsByHash: inputsByHash === true }];
  });
}
