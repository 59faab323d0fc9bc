/**
 * Raised with every change of what matching says of the same component and the same records: of version orders, package
 * identities, ranges. What is stored is then matched again, in every installation, by its next rescan. 1: before it was counted.
 */
export const MATCH_VERSION = 5;
