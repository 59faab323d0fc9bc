import { parsePurl } from '../../sbom/purl.ts';
import { matchesName } from '../matches-name.ts';
import { isPublicRegistry } from '../public-registries.ts';
import type { ReviewCheck } from '../review-context.ts';

/** One of our names, from where anybody may put a package of that name (https://slsa.dev, "dependency confusion"). */
export const checkDependencyConfusion: ReviewCheck = ({ component }, { rules }) => {
  if (!rules.ownNames.some((pattern) => matchesName(pattern, component.advisoryName))) return [];
  const origins = component.fetchedFrom ?? [];
  const open = origins.filter(isPublicRegistry);
  const base = { rule: 'dependency-confusion' as const, component };
  if (open.length > 0) return [{ ...base, level: 'error', message: `a name of ours, from ${open.join(' and ')}` }];
  const { qualifiers = {} } = parsePurl(component.purl);
  if (origins.length > 0 || qualifiers.vcs_url !== undefined || qualifiers.download_url !== undefined) return [];
  return [{ ...base, level: 'unknown', message: 'a name of ours, and the lockfile does not say where it is from' }];
};
