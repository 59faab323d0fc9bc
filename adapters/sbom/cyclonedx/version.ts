import * as Spec from '@cyclonedx/cyclonedx-library/Spec';

const specifications = { '1.5': Spec.Spec1dot5, '1.6': Spec.Spec1dot6, '1.7': Spec.Spec1dot7 } as const;

/** The versions that are written. */
export type CycloneDxVersion = keyof typeof specifications;

export function specificationOf(version: CycloneDxVersion): (typeof specifications)[CycloneDxVersion] {
  return specifications[version];
}

/** Throws a RangeError for another version than those that are written. */
export function parseCycloneDxVersion(version: string): CycloneDxVersion {
  if (!Object.hasOwn(specifications, version)) throw new RangeError(`CycloneDX ${version} is not written`);
  return version as CycloneDxVersion;
}
