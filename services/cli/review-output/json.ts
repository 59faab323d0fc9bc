import type { ReviewReport } from './review-report.ts';

/** Our own format. */
export function formatReviewJson({ base, head, review, unchecked, complete, advisories }: ReviewReport): string {
  const concerns = review.concerns.map(({ component, ...concern }) => ({
    ...concern,
    purl: component.purl,
    name: component.name,
    version: component.version,
    locations: component.locations,
  }));
  const arrived = review.arrived.map(({ purl }) => purl);
  const answer = { base, head, advisories, complete, concerns, undecided: review.undecided, unchecked, arrived };
  return `${JSON.stringify(answer, null, 2)}\n`;
}
