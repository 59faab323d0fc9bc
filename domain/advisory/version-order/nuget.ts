/**
 * NuGet versions (https://learn.microsoft.com/nuget/concepts/package-versioning): semantic versions with up to four
 * numbers, whose pre-release identifiers are compared without regard to case.
 */
import { orderBy } from './order.ts';
import { comparePrecedence, parseSemver } from './semver.ts';

export const compareNuget = orderBy((text) => parseSemver(text.toLowerCase()), comparePrecedence);
