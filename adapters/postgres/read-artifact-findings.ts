/** What was found in an artifact, platform by platform, as a scan of it would say it, with what was decided about it. */
import { decideFindings } from '../../domain/advisory/decision/decide-findings.ts';
import { type Finding, namesOf } from '../../domain/advisory/finding.ts';
import type { Digest } from '../../domain/artifact/digest.ts';
import type { ArtifactKey } from '../../domain/artifact/subject.ts';
import type { Stock } from '../../domain/sbom/component.ts';
import { createPostgresBlobStore } from './blob-store.ts';
import type { Database } from './database.ts';
import { decisionsAbout } from './decision-rows.ts';
import type { Page, PageRequest } from './read-page.ts';
import { readDecisionRules } from './read-platforms.ts';
import { readStockScan } from './stock-scans.ts';

/** A finding, and the platform of the artifact it is in. */
export interface ArtifactFinding extends Finding {
  /** `os/arch[/variant]`. */
  readonly platform: string;
}

/**
 * Worst first, one platform after the other; a page begins at the place its cursor names. Decisions that hold for every environment
 * are there, those for one alone are not. A platform that was never scanned has none: `readPlatforms` says which.
 */
export async function readArtifactFindings(
  db: Database,
  key: ArtifactKey,
  { limit, after }: PageRequest,
): Promise<Page<ArtifactFinding>> {
  const start = after === undefined ? 0 : Number(after[0]);
  const platforms = await db
    .selectFrom('artifact_stock')
    .select(['platform', 'platform_digest', 'stock'])
    .where('digest', '=', key.digest)
    .where('stock', 'is not', null)
    .orderBy('platform')
    .execute();
  const rules = await readDecisionRules(db);
  const now = new Date().toISOString();
  const found: ArtifactFinding[] = [];
  for (const { platform, platform_digest, stock } of platforms) {
    const findings = await findingsOf(db, stock as Digest);
    const decisions = await decisionsAbout(db, findings.flatMap(namesOf));
    const digests = [...new Set([key.digest as string, platform_digest])];
    const context = { repository: key.repository, digests, environment: undefined, now, rules };
    found.push(...decideFindings(findings, decisions, context).map((finding) => ({ ...finding, platform })));
  }
  const items = found.slice(start, start + limit);
  return { items, next: start + limit < found.length ? [String(start + limit)] : undefined };
}

async function findingsOf(db: Database, stock: Digest): Promise<readonly Finding[]> {
  const blobs = createPostgresBlobStore(db);
  const read = async () => JSON.parse(new TextDecoder().decode(await blobs.get(stock))) as Stock;
  return (await readStockScan(db, stock, read))?.result.findings ?? [];
}

/** Whether the element of a cursor is a place in this list. */
export function isFindingPosition([place = '']: readonly string[]): boolean {
  return /^\d{1,7}$/.test(place);
}
