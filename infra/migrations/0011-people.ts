import { type Kysely, sql } from 'kysely';

/** Who people are, what they decided at the door, and policies that wait for them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- Other subjects of the same person ("subject"), and builders that a person runs ("builder"). "email" stays for rows of
    -- before: an address is text that anybody can write into a commit, and decides nothing.
    alter table principal_alias drop constraint principal_alias_kind_check;
    alter table principal_alias add constraint principal_alias_kind_check
      check (kind in ('email', 'commit-signer', 'account', 'subject', 'builder')) not valid;

    -- What a person decided, written by the gateway that saw their token: a decision that comes over Temporal names its row,
    -- and counts once, for that promotion.
    create table decision_ticket (
      id text primary key,
      environment text not null,
      repository text not null,
      digest text not null,
      decision_digest text,
      principal text not null,
      groups jsonb not null,
      verb text not null check (verb in ('approve', 'reject')),
      reason text not null,
      taken_at timestamptz not null default now(),
      redeemed_at timestamptz
    );

    -- A policy that somebody wants in force, where the one in force asks others first.
    create table policy_proposal (
      id text primary key,
      version bigint not null,
      digest text not null,
      body text not null,
      file_name text not null,
      -- The policy in force when it was proposed: its quorum decides, and another one asks again.
      base_digest text not null,
      proposed_by text not null,
      state text not null default 'waiting' check (state in ('waiting', 'active', 'rejected', 'expired', 'superseded')),
      reason text not null default '',
      proposed_at timestamptz not null default now(),
      ended_at timestamptz
    );
    create unique index policy_proposal_waiting on policy_proposal (digest) where state = 'waiting';
    create table policy_decision (
      proposal text not null references policy_proposal (id),
      principal text not null,
      groups jsonb not null,
      verb text not null check (verb in ('approve', 'reject')),
      reason text not null,
      at timestamptz not null default now(),
      primary key (proposal, principal)
    );
  `.execute(db);
}
