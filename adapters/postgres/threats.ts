/** What is known of attacks, by CVE, in Postgres. */
import { sql } from 'kysely';
import type { Threat, ThreatDatabase } from '../../domain/advisory/threat.ts';
import type { Executor } from './database.ts';

interface Row {
  cve: string;
  score: number | null;
  percentile: number | null;
  added: string | null;
  due: string | null;
  ransomware: boolean | null;
}

export function createPostgresThreats(db: Executor): ThreatDatabase {
  return {
    async threats(ids) {
      const cves = ids.filter((id) => id.startsWith('CVE-'));
      if (cves.length === 0) return new Map();
      const { rows } = await sql<Row>`
        select c.cve, e.score, e.percentile, k.added, k.due, k.ransomware from unnest(${cves}::text[]) as c(cve)
          left join epss_score e on e.cve = c.cve left join known_exploited k on k.cve = c.cve
        where e.cve is not null or k.cve is not null`.execute(db);
      return new Map(rows.map((row) => [row.cve, toThreat(row)]));
    },
  };
}

function toThreat({ score, percentile, added, due, ransomware }: Row): Threat {
  return {
    ...(score === null || percentile === null ? {} : { epss: { score, percentile } }),
    ...(added === null ? {} : { kev: { added, ...(due === null ? {} : { due }), ransomware: ransomware === true } }),
  };
}
