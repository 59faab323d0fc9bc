import { type Kysely, sql } from 'kysely';

/** Actions and Swift packages are named by a code host that ignores case: so do advisories about them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    insert into advisory_package (ecosystem, name, advisory)
      select ecosystem, lower(name), advisory from advisory_package
      where ecosystem in ('GitHub Actions', 'SwiftURL') and name <> lower(name)
      on conflict do nothing;
    delete from advisory_package where ecosystem in ('GitHub Actions', 'SwiftURL') and name <> lower(name);
    update component set package_key = lower(package_key), matched_epoch = null
      where ecosystem in ('GitHub Actions', 'SwiftURL') and package_key <> lower(package_key);
  `.execute(db);
}
