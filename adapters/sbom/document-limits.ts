/** What is read of an SBOM, at most. */

/** Bytes of a document: a million components as most tools write them. */
export const MAX_SBOM_BYTES = 2 * 1024 * 1024 * 1024;
/** Bytes of one element (a component, a package) or of everything around the lists. */
export const MAX_PART_BYTES = 64 * 1024 * 1024;
export const MAX_COMPONENTS = 1_000_000;
export const MAX_EDGES = 5_000_000;
/** Of objects, arrays and elements; components inside components count several. */
export const MAX_DEPTH = 128;
