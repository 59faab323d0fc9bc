/** Predicate type (https://slsa.dev/spec/v0.2/provenance). */
export const provenanceV02 = 'https://slsa.dev/provenance/v0.2';
