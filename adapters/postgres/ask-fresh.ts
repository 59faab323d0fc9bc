/** Advisories that came in after they were missing, or old: what waits because its scan was not fresh is judged again. */
import { sql } from 'kysely';
import type { ArtifactKey } from '../../domain/artifact/subject.ts';
import { type Database, transact } from './database.ts';
import { judgeAgain } from './judge-again.ts';

/** Artifacts in one transaction. */
const ARTIFACTS = 200;

/**
 * Else people would approve a decision that is another one as soon as somebody looks. Once for each time that advisories come back:
 * a verdict that is younger is left alone, whatever it says.
 */
export async function askFresh(db: Database, progress: (place: string) => void): Promise<void> {
  const { rows } = await sql<ArtifactKey>`
    select distinct q.repository, q.digest from promotion q
      cross join lateral (select v.body, v.evaluated_at from verdict v
        where v.repository = q.repository and v.digest = q.digest and v.environment = q.environment
        order by v.evaluated_at desc, v.id desc limit 1) v
    where q.state in ('requested', 'waiting', 'reserved')
      and (v.body -> 'gates' @> '[{"gate": "scan-fresh", "verdict": "unknown"}]'
        or v.body -> 'gates' @> '[{"gate": "vulnerabilities", "verdict": "unknown"}]')
      and exists (select from artifact_contents x join stock s on s.digest = x.stock
        join stock_layer l on l.stock = s.id join layer_component m on m.layer_set = l.layer_set
        join component c on c.id = m.component join advisory_feed_time t on t.ecosystem = c.ecosystem
        where x.digest = q.digest and t.current_since > v.evaluated_at)
    order by 1, 2`.execute(db);
  for (let start = 0; start < rows.length; start += ARTIFACTS) {
    progress(`what waits for fresh advisories: ${start} of ${rows.length}`);
    const asked = rows.slice(start, start + ARTIFACTS).map((key) => ({ ...key, eased: false }));
    await transact(db, (trx) => judgeAgain(trx, asked));
  }
}
