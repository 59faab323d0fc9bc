/** What came of a change of findings: the events about an artifact, and why it was judged each time. */
import type { Database } from '../../../adapters/postgres/database.ts';
import type { ArtifactKey } from '../../../domain/artifact/subject.ts';

interface FindingsChanged {
  readonly environments: string[];
  readonly decision?: { readonly what: string };
  readonly attestedBy?: string;
  readonly changes: { readonly advisory: string; readonly change: string }[];
}

export async function findingChanges(db: Database, { repository, digest }: ArtifactKey): Promise<FindingsChanged[]> {
  const rows = await db
    .selectFrom('outbox')
    .select('data')
    .where('subject', '=', `${repository}@${digest}`)
    .where('type', '=', 'artifact.findings-changed')
    .orderBy('sequence')
    .execute();
  return rows.map(({ data }) => data as unknown as FindingsChanged);
}

export async function generationCauses(db: Database, { digest }: ArtifactKey): Promise<string[]> {
  const rows = await db
    .selectFrom('generation')
    .select('cause')
    .where('digest', '=', digest)
    .orderBy('generation')
    .execute();
  return rows.map(({ cause }) => cause);
}
