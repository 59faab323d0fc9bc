/**
 * What may come in through Kafka: a closed union. A new kind breaks the build of every consumer that has not decided about it.
 * On the wire it is a CloudEvent 1.0 with a CDEvents type; see decode-intake-event.ts.
 */
import type { Digest } from '../artifact/digest.ts';

interface IntakeEventBase {
  /** Deterministic: the same registry event or build gives the same id, however often it is delivered. */
  readonly id: string;
  /** CloudEvents `source`: who says so (`/registries/<name>`, `/sources/<token subject>`). */
  readonly source: string;
  /** RFC 3339 */
  readonly occurredAt: string;
  readonly repository: string;
  readonly digest: Digest;
}

export interface ArtifactPushed extends IntakeEventBase {
  readonly kind: 'artifact-pushed';
  readonly mediaType: string;
  readonly tag?: string;
  /** The registry account that pushed, where the registry names one: a claim. */
  readonly actor?: string;
}

export interface ArtifactDeleted extends IntakeEventBase {
  readonly kind: 'artifact-deleted';
}

/** What a build system says of a build: claims, recorded as such; verified provenance is what gates look at. */
export interface BuildFinished extends IntakeEventBase {
  readonly kind: 'build-finished';
  readonly tag?: string;
  readonly commit: string;
  readonly sourceRepository: string;
  readonly builder: { readonly id: string; readonly host?: string };
  readonly toolchain: Readonly<Record<string, string>>;
  /** Digest of the provenance's referrer manifest, where it was attached to the artifact. */
  readonly provenance?: Digest;
}

export type IntakeEvent = ArtifactPushed | ArtifactDeleted | BuildFinished;
