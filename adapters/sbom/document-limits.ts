/** What is read of an SBOM, at most. */

/** Bytes of a document: a million components as most tools write them. */
export const MAX_SBOM_BYTES = 2 * 1024 * 1024 * 1024;
/** Bytes of one element (a component, a package) or of everything around the lists. */
export const MAX_PART_BYTES = 32 * 1024 * 1024;
/** Objects, lists and other values in such a part: an empty object is three bytes, and fifty in memory. */
export const MAX_PART_VALUES = 1_000_000;
export const MAX_COMPONENTS = 1_000_000;
export const MAX_EDGES = 5_000_000;
/** Of objects, arrays and elements; components inside components count several. */
export const MAX_DEPTH = 128;
/** Bytes kept of all components and dependencies together, packed: five times what a million ordinary ones take. */
export const MAX_KEPT_BYTES = 256 * 1024 * 1024;
/** Characters kept of one component, as JSON. */
export const MAX_ENTRY_CHARACTERS = 1024 * 1024;
/** Entries of one package in a document, and places it is found in. */
export const MAX_ENTRIES_OF_ONE = 100_000;
