/** Under which group an archive without a pom is published, by what its manifest and its packages say. */
import { knownGroup } from './known-groups.ts';

export interface GroupEvidence {
  /** Of the file's name: `kafka-clients`. */
  readonly artifact: string;
  readonly version: string;
  readonly manifest: ReadonlyMap<string, string>;
  /** Folders of its classes: `org/apache/kafka/common`. */
  readonly packages: readonly string[];
}

/** A domain the wrong way round; names of modules such as `spring.core` are none. */
const REVERSE_DOMAIN =
  /^(?:com|org|net|edu|gov|info|dev|app|cloud|tech|jakarta|javax|[a-z]{2})(?:\.[a-z0-9_][a-z0-9_-]*)+$/i;
/** Houses of many projects: nothing is published under their bare name. */
const houses =
  /^(?:org\.(?:apache|codehaus|eclipse|glassfish|jboss|ow2|sonatype)|com\.(?:github|google|sun|fasterxml)|io\.github|net\.sf|net\.sourceforge|ch\.qos)$/i;

/** The first that says one; `undefined` where nothing does. */
export function guessGroup({ artifact, version, manifest, packages }: GroupEvidence): string | undefined {
  const known = knownGroup(artifact, version);
  if (known !== undefined) return known;
  const bundle = manifest.get('bundle-symbolicname')?.split(';', 1)[0]?.trim();
  const shared = sharedPackage(packages).join('.');
  const candidates = [
    beforeArtifact(bundle, artifact),
    beforeArtifact(manifest.get('automatic-module-name'), artifact),
    manifest.get('group-id'),
    manifest.get('implementation-vendor-id'),
    bundle,
    beforeArtifact(shared, artifact),
    isNamedAfter(shared, artifact) ? shared : undefined,
  ];
  return candidates.find((text) => text !== undefined && REVERSE_DOMAIN.test(text) && !houses.test(text));
}

/**
 * `org.slf4j` of `org.slf4j.api` beside `slf4j-api`: bundles, modules and packages are named by their group and the end of
 * the artifact's name, the shortest that makes sense. `com.google.guava` beside `guava` is a group as a whole.
 */
function beforeArtifact(name: string | undefined, artifact: string): string | undefined {
  if (name === undefined || !REVERSE_DOMAIN.test(name)) return undefined;
  const whole = `.${artifact}`.toLowerCase();
  if (name.toLowerCase().endsWith(whole)) return groupOrWhole(name.slice(0, -whole.length), name);
  const parts = name.split('.');
  const tail = `-${wordsOf(artifact)}`;
  for (let cut = parts.length - 1; cut > 1; cut -= 1)
    if (tail.endsWith(`-${wordsOf(parts.slice(cut).join('.'))}`))
      return groupOrWhole(parts.slice(0, cut).join('.'), name);
  return undefined;
}

/** The whole of `com.hazelcast` beside `hazelcast`, since `com` is nobody's. */
function groupOrWhole(group: string, name: string): string {
  return houses.test(group) || !group.includes('.') ? name : group;
}

function wordsOf(text: string): string {
  return text.toLowerCase().replaceAll(/[._]/g, '-');
}

/** `org.pcollections` beside `pcollections`, `org.apache.lucene` beside `lucene-core`. */
function isNamedAfter(shared: string, artifact: string): boolean {
  const last = shared.slice(shared.lastIndexOf('.') + 1);
  const words = wordsOf(artifact).split('-');
  return last !== '' && (last === words[0] || last === words.join(''));
}

/** What the names of all its packages begin with. */
function sharedPackage(packages: readonly string[]): string[] {
  let shared: string[] | undefined;
  for (const folder of packages) {
    // Versions of classes for newer releases of Java (JAR File Specification, "Multi-release JAR files").
    const words = folder.replace(/^META-INF\/versions\/\d+\//, '').split('/');
    const differs = shared?.findIndex((word, index) => word !== words[index]) ?? -1;
    shared = shared === undefined ? words : differs === -1 ? shared : shared.slice(0, differs);
  }
  return shared ?? [];
}
