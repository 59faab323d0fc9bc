/** "Which packages are meant": a purl that leaves out what does not matter. */
import { type PurlParts, parsePurl } from '../sbom/purl.ts';

export type PurlPattern = (purl: string) => boolean;

function parse(purl: string): PurlParts | undefined {
  try {
    return parsePurl(purl);
  } catch {
    return undefined;
  }
}

/**
 * True for purls of the same type, namespace and name, and of the same version and qualifiers where the pattern has them
 * (as OpenVEX matches products: OPENVEX-SPEC, "Product" and purl-spec). Undefined where the text is no purl.
 */
export function parsePurlPattern(text: string): PurlPattern | undefined {
  const wanted = parse(text);
  if (wanted === undefined) return undefined;
  const qualifiers = Object.entries(wanted.qualifiers ?? {});
  return (purl) => {
    // Most purls differ in what they begin with: parsing them is left for the few that do not.
    if (!purl.startsWith(`pkg:${wanted.type}/`)) return false;
    const given = parse(purl);
    return (
      given !== undefined &&
      given.name === wanted.name &&
      (given.namespace ?? '') === (wanted.namespace ?? '') &&
      (wanted.version === undefined || wanted.version === given.version) &&
      qualifiers.every(([key, value]) => given.qualifiers?.[key] === value)
    );
  };
}
