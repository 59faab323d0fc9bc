import { RegistryError, type RegistryReader } from '../../domain/artifact/registry.ts';

const INTERNAL_SERVER_ERROR = 500;

type Looks = Pick<RegistryReader, 'resolve' | 'hasBlob' | 'listReferrers'>;

/**
 * The registry's looks for who writes by digest afterwards: what it can not tell (HTTP 500) counts as absent. Writing the same
 * bytes again harms nothing, and is the only thing that mends a registry that was killed between opening one of its link files
 * and filling it: distribution 2.8 answers 500 for that digest from then on, until somebody writes it again. Other errors are
 * thrown. Never for a look that confirms something: there, nothing known is an error.
 */
export function lookBeforeWriting(registry: Looks): Looks {
  return {
    listReferrers: (repository, subject, options) => registry.listReferrers(repository, subject, options),
    resolve: (repository, reference) => registry.resolve(repository, reference).catch(unknownAs(undefined)),
    hasBlob: (repository, digest) => registry.hasBlob(repository, digest).catch(unknownAs(false)),
  };
}

function unknownAs<T>(absent: T): (error: unknown) => T {
  return (error) => {
    if (error instanceof RegistryError && error.status === INTERNAL_SERVER_ERROR) return absent;
    throw error;
  };
}
