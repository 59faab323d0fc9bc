import type { ReviewCheck } from '../review-context.ts';

const DAY_MS = 86_400_000;

/** Most malicious versions are found within days: what is younger waits. */
export const checkAge: ReviewCheck = ({ component, same }, { age }) => {
  if (age === undefined || same !== undefined || !age.publishedAt.has(component.purl)) return [];
  const base = { rule: 'too-new' as const, component };
  const published = Date.parse(age.publishedAt.get(component.purl) ?? '');
  if (Number.isNaN(published))
    return [{ ...base, level: 'unknown', message: 'its registry does not say when it was published' }];
  const days = (age.now.getTime() - published) / DAY_MS;
  return days >= age.minDays
    ? []
    : [
        {
          ...base,
          level: 'error',
          message: `published ${describeAge(days)} ago, and ${age.minDays} days are asked for`,
        },
      ];
};

function describeAge(days: number): string {
  if (days < 1) return 'less than a day';
  return days < 2 ? 'a day' : `${Math.floor(days)} days`;
}
