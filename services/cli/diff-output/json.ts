import type { Component } from '../../../domain/sbom/component.ts';
import type { DiffReport } from './diff-report.ts';

/** For machines: {before, after, added, removed, changed, licences, advisories?, counts, failed}. */
export function formatDiffJson({ before, after, difference, advisories, counts, failed }: DiffReport): string {
  const pair = ({ before: old, after: young }: { before: Component; after: Component }) => ({
    ecosystem: young.ecosystem,
    name: young.name,
    before: brief(old),
    after: brief(young),
  });
  const report = {
    before,
    after,
    counts,
    failed,
    added: difference.added.map((one) => ({ ecosystem: one.ecosystem, name: one.name, ...brief(one) })),
    removed: difference.removed.map((one) => ({ ecosystem: one.ecosystem, name: one.name, ...brief(one) })),
    changed: difference.changed.map((change) => ({ direction: change.direction, ...pair(change) })),
    licences: difference.licences.map(pair),
    same: difference.same,
    ...(advisories === undefined ? {} : { advisories }),
  };
  return `${JSON.stringify(report, undefined, 2)}\n`;
}

function brief({ purl, version, licences, hashes, locations }: Component) {
  return { purl, version, licences, hashes, locations };
}
