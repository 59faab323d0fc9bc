/** "Which packages are meant": a purl that leaves out what does not matter. */
import { ecosystemOfType } from '../sbom/from-purl.ts';
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

/** Namespace and name in the spelling that advisories are looked up by. */
function packageOf({ type, namespace, name }: PurlParts): string {
  return normalisePackageName(ecosystemOfType(type), namespace === undefined ? name : `${namespace}/${name}`);
}

/**
 * True for purls of the same package in any spelling, and of the same version and qualifiers where the pattern has them (as OpenVEX
 * matches products: OPENVEX-SPEC, "Product" and purl-spec). Undefined where the text is no purl.
 */
export function parsePurlPattern(text: string): PurlPattern | undefined {
  const wanted = parse(text);
  if (wanted === undefined) return undefined;
  const qualifiers = Object.entries(wanted.qualifiers ?? {});
  const named = packageOf(wanted);
  return (purl) => {
    // Most purls differ in what they begin with: parsing them is left for the few that do not.
    if (!purl.startsWith(`pkg:${wanted.type}/`)) return false;
    const given = parse(purl);
    return (
      given !== undefined &&
      packageOf(given) === named &&
      (wanted.version === undefined || wanted.version === given.version) &&
      qualifiers.every(([key, value]) => given.qualifiers?.[key] === value)
    );
  };
}
