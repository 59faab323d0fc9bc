/** The review of a change of dependencies: what a person would look for in the lockfile of a pull request. */
import { type Finding, isMalicious, type Undecided } from '../advisory/finding.ts';
import type { Component } from '../sbom/component.ts';
import { diffFindings } from '../sbom/diff-findings.ts';
import { type Arrival, arrivalsIn, arrivedIn } from './arrival.ts';
import { reviewChecks } from './checks/checks.ts';
import { type Concern, type ConcernLevel, reviewRules } from './concern.ts';
import { hasHash, type ReviewAge, type ReviewContext, type ReviewRules, toOrigin } from './review-context.ts';

/** One side of the change, scanned. */
export interface ReviewedSide {
  readonly components: readonly Component[];
  readonly findings: readonly Finding[];
  readonly undecided: readonly Undecided[];
}

export interface Review {
  /** By level, then rule, then package. */
  readonly concerns: readonly Concern[];
  /** Components whose package URL the base does not have. */
  readonly arrived: readonly Component[];
  /** Advisories about arrived components that could not be decided. */
  readonly undecided: readonly Undecided[];
}

/** Everything about `head` that `base` does not have, and malicious packages wherever they are. */
export function reviewChange(base: ReviewedSide, head: ReviewedSide, rules: ReviewRules, age?: ReviewAge): Review {
  const arrivals = arrivalsIn(base.components, head.components);
  const context = { ...contextOf(base, head, rules), age };
  const arrived = arrivedIn(base.components, head.components);
  const purls = new Set(arrived.map(({ purl }) => purl));
  return {
    concerns: arrivals.flatMap((arrival) => concernsOf(arrival, context)).toSorted(byWeight),
    arrived,
    undecided: head.undecided.filter(({ purl, advisory }) => advisory !== undefined && purls.has(purl)),
  };
}

function concernsOf(arrival: Arrival, context: ReviewContext): Concern[] {
  return reviewChecks.flatMap((check) => check(arrival, context));
}

function contextOf(base: ReviewedSide, head: ReviewedSide, rules: ReviewRules): Omit<ReviewContext, 'age'> {
  const gained = new Set(diffFindings(base, head).gained);
  const origins = Map.groupBy(base.components, ({ ecosystem }) => ecosystem);
  return {
    rules,
    findings: Map.groupBy(
      head.findings.filter((finding) => gained.has(finding) || isMalicious(finding)),
      ({ purl }) => purl,
    ),
    origins: new Map(
      [...origins].map(([ecosystem, components]) => [
        ecosystem,
        new Set(components.flatMap(({ fetchedFrom }) => fetchedFrom ?? []).map(toOrigin)),
      ]),
    ),
    hashingFiles: new Set(
      head.components.filter(tellsOfOthers).flatMap(({ locations }) => locations.map(({ path }) => path)),
    ),
  };
}

/** Composer writes commits for what lies in Git, and nothing for the rest: one says nothing about another package. */
function tellsOfOthers(component: Component): boolean {
  return component.ecosystem === 'Packagist' ? component.hashes.length > 0 : hasHash(component);
}

const levels: readonly ConcernLevel[] = ['error', 'unknown', 'warning'];

function byWeight(a: Concern, b: Concern): number {
  return (
    levels.indexOf(a.level) - levels.indexOf(b.level) ||
    reviewRules.indexOf(a.rule) - reviewRules.indexOf(b.rule) ||
    (a.component.purl < b.component.purl ? -1 : a.component.purl > b.component.purl ? 1 : 0)
  );
}
