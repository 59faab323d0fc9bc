import type { Digest } from '../../domain/artifact/digest.ts';
import type { SbomSubject } from '../../domain/sbom/document.ts';
import { createPurl } from '../../domain/sbom/purl.ts';

/**
 * An image as the subject of an SBOM: `pkg:oci/shop@sha256:…?arch=amd64&repository_url=localhost:5000%2Fteam%2Fshop`
 * (purl-spec, types/oci). `repository` may carry the registry's host; `platform` is `os/arch[/variant]`.
 */
export function imageSubject(repository: string, digest: Digest, platform: string | undefined): SbomSubject {
  return {
    kind: 'container',
    name: repository,
    version: digest,
    digest,
    purl: createPurl({
      type: 'oci',
      name: repository.split('/').at(-1) ?? repository,
      version: digest,
      qualifiers: { arch: platform?.split('/')[1], repository_url: repository },
    }),
  };
}
