/**
 * The pool as kysely takes it, with what is asked often prepared once a connection: parsing and planning again are half of what
 * the short statements of a promotion cost the server (PostgreSQL documentation, PREPARE and "plan_cache_mode").
 */
import type { PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely';
import type pg from 'pg';

/** How often a text was sent before it is prepared: lists of other lengths are other texts, and most come once. */
const OFTEN = 4;
/** Statements prepared at most: each stays in each connection until it ends. */
const MOST_PREPARED = 250;
/** Texts counted at most. */
const MOST_COUNTED = 5000;

const SYNTAX = /^\s*(?:select|insert|update|delete|with)\b/i;
const OPENS = /^\s*(?:begin|start transaction)\b/i;
const CLOSES = /^\s*(?:commit|rollback)\s*$/i;

/** A migration has changed a table under a prepared statement: the plan is of no use any more, the statement is. */
export function isStalePlan(error: unknown): boolean {
  const { code, message } = error as { code?: unknown; message?: unknown };
  return (
    code === '0A000' && typeof message === 'string' && message.startsWith('cached plan must not change result type')
  );
}

export function preparedPool(pool: pg.Pool): PostgresPool {
  const names = createNames();
  const wrapped = new WeakMap<pg.PoolClient, PostgresPoolClient>();
  return {
    options: pool.options,
    async connect() {
      const client = await pool.connect();
      const known = wrapped.get(client);
      if (known !== undefined) return known;
      const preparing = prepare(client, names);
      wrapped.set(client, preparing);
      return preparing;
    },
    end: () => pool.end(),
  };
}

interface Names {
  /** undefined: not prepared. */
  of(text: string): string | undefined;
  /** All statements get other names, and so are prepared anew. */
  renew(): void;
}

function createNames(): Names {
  const counts = new Map<string, number>();
  const names = new Map<string, string>();
  let generation = 0;
  return {
    of(text) {
      const name = names.get(text);
      if (name !== undefined) return name;
      if (names.size >= MOST_PREPARED || !SYNTAX.test(text)) return undefined;
      const count = (counts.get(text) ?? 0) + 1;
      if (count < OFTEN) {
        if (counts.size >= MOST_COUNTED) counts.clear();
        counts.set(text, count);
        return undefined;
      }
      counts.delete(text);
      const fresh = `p${generation}_${names.size}`;
      names.set(text, fresh);
      return fresh;
    },
    renew() {
      generation += 1;
      names.clear();
    },
  };
}

function prepare(client: pg.PoolClient, names: Names): PostgresPoolClient {
  let isInTransaction = false;
  const ask = async <R>(text: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<R>> => {
    const name = names.of(text);
    const values = [...parameters];
    const send = (query: pg.QueryConfig) =>
      client.query<R & pg.QueryResultRow>(query) as Promise<PostgresQueryResult<R>>;
    try {
      const result = await send(name === undefined ? { text, values } : { name, text, values });
      if (OPENS.test(text)) isInTransaction = true;
      return result;
    } catch (error) {
      if (name === undefined || !isStalePlan(error)) throw error;
      names.renew();
      // A transaction is lost with the statement: whoever opened it begins again.
      if (isInTransaction) throw error;
      return await send({ text, values });
    } finally {
      if (CLOSES.test(text)) isInTransaction = false;
    }
  };
  return {
    // No cursor is configured.
    query: ask as PostgresPoolClient['query'],
    release: (destroy) => client.release(destroy),
  };
}
