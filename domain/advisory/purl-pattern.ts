/** "Which packages are meant": a purl that leaves out what does not matter. */
import { ecosystemOfType, splitSubpath } from '../sbom/from-purl.ts';
import { type PurlParts, parsePurl } from '../sbom/purl.ts';
import { normalisePackageName } from './package-identity.ts';

export type PurlPattern = (purl: string) => boolean;

function parse(purl: string): PurlParts | undefined {
  try {
    return parsePurl(purl);
  } catch {
    return undefined;
  }
}

/** Namespace and name in the spelling that advisories are looked up by, and what is meant of the package. */
function packageOf({ type, namespace, name, subpath }: PurlParts): {
  readonly named: string;
  readonly within?: string;
} {
  const { path, ...rest } = splitSubpath({
    ...{ type, subpath },
    path: namespace === undefined ? name : `${namespace}/${name}`,
  });
  return { named: normalisePackageName(ecosystemOfType(type), path), ...rest };
}

/**
 * True for purls of the same package in any spelling, and of the same version, qualifiers and path within it where the pattern has
 * them (as OpenVEX matches products: OPENVEX-SPEC, "Product" and purl-spec). Undefined where the text is no purl.
 */
export function parsePurlPattern(text: string): PurlPattern | undefined {
  const wanted = parse(text);
  if (wanted === undefined) return undefined;
  const qualifiers = Object.entries(wanted.qualifiers ?? {});
  const { named, within } = packageOf(wanted);
  return (purl) => {
    // Most purls differ in what they begin with: parsing them is left for the few that do not.
    if (!purl.startsWith(`pkg:${wanted.type}/`)) return false;
    const given = parse(purl);
    if (given === undefined) return false;
    const asked = packageOf(given);
    return (
      asked.named === named &&
      (within === undefined || within === asked.within) &&
      (wanted.version === undefined || wanted.version === given.version) &&
      qualifiers.every(([key, value]) => given.qualifiers?.[key] === value)
    );
  };
}
