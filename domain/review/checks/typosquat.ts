import { findLookalike } from '../find-lookalike.ts';
import { matchesName } from '../matches-name.ts';
import type { ReviewCheck } from '../review-context.ts';

/** A name that is new and looks like one that many use. */
export const checkTyposquat: ReviewCheck = ({ component, before }, { rules }) => {
  if (before.length > 0) return [];
  if ([...rules.acceptedNames, ...rules.ownNames].some((pattern) => matchesName(pattern, component.advisoryName)))
    return [];
  const lookalike = findLookalike(component.advisoryName, component.ecosystem);
  if (lookalike === undefined) return [];
  return [
    {
      rule: 'typosquat',
      // Many honest packages are called after one they extend.
      level: lookalike.trick === 'affix' ? 'warning' : 'error',
      component,
      message: `looks like ${lookalike.popular}, which many use: ${lookalike.reason}`,
    },
  ];
};
