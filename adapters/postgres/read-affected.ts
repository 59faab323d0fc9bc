/**
 * The artifacts that have some of these components, a page at a time: first what runs somewhere, then the rest; of both what has
 * them in the newest layers first.
 */
import type { AffectedArtifact, AffectedSummary } from '../../domain/affected/affected-report.ts';
import {
  beginningOf,
  type Candidate,
  type CandidatePosition,
  type Candidates,
  type Phase,
  readCandidates,
} from './affected-candidates.ts';
import { countAffected } from './count-affected.ts';
import type { Database } from './database.ts';
import type { Affected } from './find-affected.ts';
import { readAffectedArtifacts } from './read-affected-artifacts.ts';
import type { Page, PageRequest } from './read-page.ts';

/** Looks at the database for one page: it may be short where artifacts have many layers that are meant, and the caller asks on. */
const LOOKS = 4;

export interface AffectedPage extends Page<AffectedArtifact> {
  /** On the first page only. */
  readonly artifacts: AffectedSummary['artifacts'] | undefined;
}

export interface AffectedFilter {
  /** Only what this environment has now. */
  readonly environment: string | undefined;
}

/** Elements of a cursor. */
export const AFFECTED_POSITION = 5;

/** Whether the elements of a cursor are a position of this list. */
export function isAffectedPosition([phase, layer = '-', stock = '-']: readonly string[]): boolean {
  const isNumber = (text: string) => /^-?\d{1,10}$/.test(text) && Number(text) < 2 ** 31;
  return (phase === 'live' || phase === 'rest') && isNumber(layer) && isNumber(stock);
}

function toPosition([phase, layer, stock, digest = '', repository = '']: readonly string[]): CandidatePosition {
  return { phase: phase as Phase, layer: Number(layer), stock: Number(stock), digest, repository };
}

/** Owners are left to the caller, who has the policy. */
export async function readAffected(
  db: Database,
  affected: Affected,
  { environment }: AffectedFilter,
  request: PageRequest,
): Promise<AffectedPage> {
  const isFirst = request.after === undefined;
  const counting = isFirst ? countAffected(db, affected, environment) : undefined;
  const items: AffectedArtifact[] = [];
  let position: CandidatePosition | undefined =
    request.after === undefined ? beginningOf('live') : toPosition(request.after);
  for (let look = 0; look < LOOKS && position !== undefined && items.length < request.limit; look += 1) {
    const found: Candidates = await fill(db, affected, position, environment, request.limit - items.length);
    items.push(...(await readAffectedArtifacts(db, affected, found.rows)));
    position = found.next;
  }
  return {
    items,
    next: position === undefined ? undefined : toCursor(position),
    artifacts: await counting,
  };
}

function toCursor({ phase, layer, stock, digest, repository }: CandidatePosition): string[] {
  return [phase, String(layer), String(stock), digest, repository];
}

/** Goes over from what runs to the rest where there is room. */
async function fill(
  db: Database,
  affected: Affected,
  from: CandidatePosition,
  environment: string | undefined,
  limit: number,
): Promise<Candidates> {
  const found = await readCandidates(db, affected, from, environment, limit);
  if (found.next !== undefined || from.phase === 'rest' || environment !== undefined) return found;
  if (found.rows.length === limit) return { rows: found.rows, next: beginningOf('rest') };
  const rest = await readCandidates(db, affected, beginningOf('rest'), environment, limit - found.rows.length);
  const rows: Candidate[] = [...found.rows, ...rest.rows];
  return { rows, next: rest.next };
}
