import { sql } from 'kysely';
import type { Digest } from '../../domain/artifact/digest.ts';
import { isEnvironmentRepository } from '../../domain/policy/environments.ts';
import type { GoneBook, LivePlace } from '../../domain/promotion/gone-book.ts';
import { type Database, transact } from './database.ts';
import { forgetGone, isGone, recordGone } from './gone-places.ts';
import { isAdmitted } from './grandfathered.ts';
import type { PolicyStore } from './policy-store.ts';
import { openNext } from './request-onward.ts';
import { requestWake } from './workflow-request.ts';

/**
 * So long is what no tag names looked for once it is gone: nothing but a request for each tells that it is back, and a retention rule
 * deletes builds as long as there are any.
 */
const UNTAGGED_FOR = '1 day';

export function createGoneBook(db: Database, policies: PolicyStore): GoneBook {
  return {
    async livePlaces() {
      const policy = await policies.current();
      const { rows } = await sql<{
        environment: string;
        destination: string;
        digest: Digest;
        tag: string | null;
        lacks: LivePlace['lacks'];
      }>`
        select * from (
          select p.environment, p.destination, p.digest, c.tag,
            case when g.id is not null then 'artifact' when ${isGone('p', sql.ref('c.tag'))} then 'tag' else 'nothing' end as lacks,
            g.seen_at > now() - ${UNTAGGED_FOR}::interval as is_new
          from placement p left join channel c using (environment, destination, digest)
            left join gone_place g on g.environment = p.environment and g.destination = p.destination and g.digest = p.digest
              and g.tag = ''
          where p.state = 'live' and ${isAdmitted('p')}
            and not exists (select from artifact_fence f where f.digest = p.digest and f.state = 'fenced')) l
        where tag is not null or is_new order by destination, digest, tag`.execute(db);
      return rows.flatMap(({ environment, destination, digest, tag, lacks }): LivePlace[] => {
        const place = isEnvironmentRepository(policy, destination);
        if (place?.environment !== environment) return [];
        return [{ place: { environment, destination }, key: { repository: place.repository, digest }, tag, lacks }];
      });
    },
    recordGone: (gone) => recordGone(db, gone),
    async recordBack({ place, key, tag }) {
      const policy = await policies.current();
      await transact(db, async (trx) => {
        if (!(await forgetGone(trx, place, key.digest, tag)) || tag !== null) return;
        for (const id of await openNext(trx, policy, { environment: place.environment, ...key }))
          await requestWake(trx, id);
      });
    },
  };
}
