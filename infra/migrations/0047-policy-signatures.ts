import { type Kysely, sql } from 'kysely';

/** Policies that came with a signature of one whom the policy before them names. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- The name of the signer, as the policy before has it; the signature as it was brought.
    alter table policy add column signed_by text, add column signature text;
  `.execute(db);
}
