import { eventually, type Pratique } from '../e2e/stack.ts';
import type { PlannedImage } from './plan.ts';

/** Without anything new in between: a step that failed often waits longer each time (workflows/runtime/persistent-step.ts). */
const SILENCE_MS = 420_000;
/** Rounds of such silence at the most, however much is still going on: a machine may be slow, and nothing may go on for ever. */
const ROUNDS = 6;
/** A registry that was killed forgot whom it had to call: its pushes are found by comparing. */
const RECONCILE_EVERY_MS = 20_000;
const SAY_EVERY_MS = 15_000;

/** Everything decided, closed, promoted, confirmed and published. Names what is left where nothing comes of it any more. */
export async function untilSettled(
  pratique: Pratique,
  accepted: readonly string[],
  images: readonly PlannedImage[],
  log: (line: string) => void,
): Promise<void> {
  const operator = await eventually('a token', () => pratique.as('olga', 'operator'));
  const subjects = images.map(({ repository, image }) => `${repository}@${image.top.digest}`);
  let left: Record<string, unknown> = {};
  let reconciledAt = 0;
  let saidAt = Date.now();
  const look = async () => {
    const [row] = await pratique.query<Record<string, number>>(
      `select (select count(*) from unnest($1::text[]) as id where not exists (select 1 from intake where event_id = id))::int as undecided,
        (select count(*) from unnest($2::text[]) as name where not exists
          (select 1 from intake where subject = name and outcome = 'started'))::int as unknown,
        (select count(*) from generation where state <> 'closed')::int as generations,
        (select count(*) from promotion where state in ('requested', 'waiting', 'reserved'))::int as promotions,
        (select count(*) from workflow_request where state = 'pending')::int as requests,
        (select count(*) from incident where state = 'open')::int as incidents,
        (select count(*) from outbox where published_at is null)::int as unpublished`,
      [accepted, subjects],
    );
    left = row ?? {};
    if (Object.values(left).every((count) => count === 0)) return true;
    if (left.unknown !== 0 && Date.now() - reconciledAt > RECONCILE_EVERY_MS) {
      reconciledAt = Date.now();
      log(`${left.unknown} pushes nobody was told of: the registry is compared`);
      await operator.post('/api/v1/reconcile', {});
    }
    if (Date.now() - saidAt > SAY_EVERY_MS) {
      saidAt = Date.now();
      log(`still open: ${JSON.stringify(left)}`);
    }
    return undefined;
  };
  let told = -1;
  for (let round = 1; ; round += 1) {
    const settled = await eventually('everything to settle', look, SILENCE_MS).catch((cause: unknown) => cause);
    if (settled === true) return;
    const [row] = await pratique.query<{ told: number }>('select count(*)::int as told from outbox', []);
    if (row?.told === told || round === ROUNDS)
      throw new Error(`still open: ${JSON.stringify(left)}`, { cause: settled });
    told = row?.told ?? told;
  }
}
