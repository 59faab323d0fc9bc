/** What a review did not look at, said in words: nothing that was not checked looks clean. */
import { plural } from '../plural.ts';
import type { Component } from '../sbom/component.ts';
import { popularNames } from './popular/popular-names.ts';
import type { ReviewAge, ReviewRules } from './review-context.ts';

/** Lockfiles that say which packages run commands when they are installed. */
const SCRIPTED: ReadonlySet<string> = new Set(['npm-lockfile', 'pnpm-lockfile']);

/** One sentence each; none where nothing arrived. `uncovered`: what there are no advisories of, and how much arrived of it. */
export function uncheckedIn(
  arrived: readonly Component[],
  rules: ReviewRules,
  age: ReviewAge | undefined,
  uncovered: ReadonlyMap<string, number>,
): string[] {
  if (arrived.length === 0) return [];
  const notes: string[] = [];
  const unasked = [...uncovered.values()].reduce((sum, count) => sum + count, 0);
  if (unasked > 0)
    notes.push(
      `vulnerabilities: there are no advisories of ${[...uncovered.keys()].join(', ')}, which ${unasked === 1 ? '1 package is' : `${unasked} packages are`} of (pratique advisories sync)`,
    );
  const undated = arrived.filter(({ purl }) => age?.publishedAt.has(purl) !== true).length;
  if (undated > 0)
    notes.push(
      `age: lockfiles have no dates, and ${undated === 1 ? '1 package is' : `${undated} packages are`} of no registry that was asked (--min-age, --registry)`,
    );
  const unlisted = unique(arrived.filter(({ ecosystem }) => popularNames[ecosystem] === undefined));
  if (unlisted !== '') notes.push(`imitated names: there is no list of much used names of ${unlisted}`);
  const silent = arrived.filter(({ foundBy, ecosystem }) => ecosystem === 'npm' && !SCRIPTED.has(foundBy));
  if (silent.length > 0)
    notes.push(`commands that run at installation: not said by the lockfiles of ${plural(silent.length, 'package')}`);
  const unlicensed = arrived.filter(({ licences }) => licences.length === 0).length;
  if (rules.deniedLicences.length > 0 && unlicensed > 0)
    notes.push(`licences: ${unlicensed === 1 ? '1 package states' : `${unlicensed} packages state`} none`);
  const nowhere = arrived.filter(({ fetchedFrom, purl }) => fetchedFrom === undefined && !/_url=/.test(purl)).length;
  if (nowhere > 0) notes.push(`registries: ${plural(nowhere, 'package')} without a word where they are fetched from`);
  const unpinned = arrived.filter(({ version }) => version === '').length;
  if (unpinned > 0)
    notes.push(`versions: ${unpinned === 1 ? '1 package is' : `${unpinned} packages are`} not pinned to one`);
  return notes;
}

function unique(components: readonly Component[]): string {
  return [...new Set(components.map(({ ecosystem }) => ecosystem))].toSorted().join(', ');
}
