import type { Ecosystem } from '../sbom/component.ts';
import type { AdvisoryDatabaseState } from './database.ts';

/** Those of components' ecosystems that the database has no record of, so that nothing is said about them; of `generic` none has any. */
export function uncoveredEcosystems(
  needed: Iterable<Ecosystem>,
  { ecosystems }: Pick<AdvisoryDatabaseState, 'ecosystems'>,
): Ecosystem[] {
  return [...new Set(needed)].filter((one) => one !== 'generic' && !ecosystems.includes(one)).toSorted();
}
