/** Tells Temporal of generations that were recorded and not run: those never claimed, and those whose run may be lost. */
import { sql } from 'kysely';
import type { Database } from '../../adapters/postgres/database.ts';
import type { WorkflowStarter } from '../../adapters/temporal/workflow-starter.ts';
import type { Digest } from '../../domain/artifact/digest.ts';

export interface GenerationSweepOptions {
  readonly db: Database;
  readonly starter: Pick<WorkflowStarter, 'startPipeline'>;
  readonly onError: (error: unknown) => void;
}

/** Younger ones are left to whoever just wrote them, and starts them as well. */
const REQUEST_AGE_SECONDS = 3;
/** Causes of generations that nobody else starts: whoever released something waits for it to come back. */
const LEFT_TO_SWEEPS = ['release', 'policy', 'advisories', 'import', 'revocation'];
/** A claimed generation whose run was lost, with Temporal's memory of it, is started again after this. */
const CLAIM_AGE_SECONDS = 900;
/** Of each kind, in one sweep. */
const BATCH = 200;
/** Temporal keeps what it was told: only where it lost that must it be told again, and each time costs a signal. */
const TOLD_AGAIN_MS = 300_000;

interface OpenGeneration {
  readonly repository: string;
  readonly digest: Digest;
  readonly generation: number;
  /** Orders them, as text: with all of the database's microseconds. */
  readonly created: string;
}

/**
 * One sweep a call. Each goes on where the one before ended, kind by kind: many that wait, for signatures or for a worker, keep
 * none from being told that was lost in a crash.
 */
export function createGenerationSweep({ db, starter, onError }: GenerationSweepOptions): () => Promise<void> {
  const told = new Map<string, number>();
  const tell = async ({ repository, digest, generation }: OpenGeneration) => {
    const name = `${repository}@${digest}#${generation}`;
    if (told.has(name)) return;
    // One that can not be started keeps none of the others.
    await starter.startPipeline({ repository, digest }, generation).then(() => told.set(name, Date.now()), onError);
  };
  const kinds = [
    inTurns(
      db,
      sql`state = 'pending' and (created_at < now() - make_interval(secs => ${REQUEST_AGE_SECONDS})
        or cause = any(${LEFT_TO_SWEEPS}::text[]))`,
    ),
    inTurns(db, sql`state = 'claimed' and claimed_at < now() - make_interval(secs => ${CLAIM_AGE_SECONDS})`),
  ];
  return async () => {
    for (const [name, at] of told) if (Date.now() - at >= TOLD_AGAIN_MS) told.delete(name);
    for (const next of kinds) for (const open of await next()) await tell(open);
  };
}

/** The next batch, oldest first; from the beginning again after the last. */
function inTurns(db: Database, condition: ReturnType<typeof sql>): () => Promise<readonly OpenGeneration[]> {
  let after: OpenGeneration | undefined;
  return async () => {
    const from = after ?? { created: '-infinity', repository: '', digest: '', generation: 0 };
    const { rows } = await sql<OpenGeneration>`
      select repository, digest, generation, created_at::text as created from generation
      where ${condition} and (created_at, repository, digest, generation)
        > (${from.created}::timestamptz, ${from.repository}, ${from.digest}, ${from.generation}::integer)
      order by created_at, repository, digest, generation limit ${BATCH}`.execute(db);
    after = rows.length < BATCH ? undefined : rows.at(-1);
    return rows;
  };
}
