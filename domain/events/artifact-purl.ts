/**
 * Names of OCI artifacts in events: `pkg:oci/<name>@sha256%3A<hex>?repository_url=<host>/<repository>&tag=<tag>`
 * (purl-spec, types/oci). The name is the last part of the repository; `repository_url` is the whole of it.
 */
import { type Digest, isDigest } from '../artifact/digest.ts';
import { isTagName, parseReference } from '../artifact/reference.ts';
import { createPurl, type PurlParts, parsePurl } from '../sbom/purl.ts';
import { PurlError } from '../sbom/purl-error.ts';
import { EventError } from './event-error.ts';

export interface ArtifactName {
  /** `host[:port]`; undefined where the purl names none. */
  readonly registry: string | undefined;
  readonly repository: string;
  readonly digest: Digest;
  readonly tag: string | undefined;
}

const MAX_PURL_CHARACTERS = 1024;

export function toArtifactPurl(name: ArtifactName): string {
  const repositoryUrl = name.registry === undefined ? name.repository : `${name.registry}/${name.repository}`;
  const last = name.repository.slice(name.repository.lastIndexOf('/') + 1);
  const qualifiers = { repository_url: repositoryUrl, tag: name.tag };
  return createPurl({ type: 'oci', name: last, version: name.digest, qualifiers });
}

/** Throws EventError at `place`: not a purl, not of type oci, no sha256 digest, no usable repository. */
export function parseArtifactPurl(text: string, place: string): ArtifactName {
  const invalid = (problem: string) => new EventError('EVENT_ARTIFACT_INVALID', place, problem);
  if (text.length > MAX_PURL_CHARACTERS) throw invalid(`a purl has at most ${MAX_PURL_CHARACTERS} characters`);
  let purl: PurlParts;
  try {
    purl = parsePurl(text);
  } catch (error) {
    if (!(error instanceof PurlError)) throw error;
    throw invalid('not a purl; expected pkg:oci/<name>@sha256%3A<hex>?repository_url=<host>/<repository>');
  }
  if (purl.type !== 'oci') throw invalid('expected a purl of type oci');
  const digest = purl.version ?? '';
  if (!isDigest(digest)) throw invalid('the version of an oci purl is its digest: sha256%3A<64 hex digits>');
  const tag = purl.qualifiers?.tag;
  if (tag !== undefined && !isTagName(tag)) throw invalid('the qualifier "tag" is not a tag name');
  const repositoryUrl = purl.qualifiers?.repository_url;
  if (repositoryUrl === undefined) throw invalid('the qualifier "repository_url" is missing');
  try {
    const reference = parseReference(repositoryUrl);
    if (reference.tag !== undefined || reference.digest !== undefined) throw new TypeError('a tag or digest in it');
    return { registry: reference.registry, repository: reference.repository, digest, tag };
  } catch (error) {
    throw new EventError('EVENT_ARTIFACT_INVALID', place, 'the qualifier "repository_url" is no repository', {
      cause: error,
    });
  }
}
