/**
 * Whether a document that describes several things means a package by this one: a purl of an image, or a generic one, names
 * what holds packages (an archive, a release, one of several images).
 */
export function namesPackage(purl: string | undefined): boolean {
  return purl !== undefined && !/^pkg:\/*(?:oci|docker|generic)\//i.test(purl);
}
