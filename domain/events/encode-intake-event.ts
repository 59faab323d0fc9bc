import { toArtifactPurl } from './artifact-purl.ts';
import { CDEVENTS_VERSION, type CDEvent, type CloudEventJson, cdeventTypes, toCloudEvent } from './cdevents.ts';
import type { ArtifactDeleted, ArtifactPushed, BuildFinished, IntakeEvent } from './intake-event.ts';

/**
 * The CloudEvent that `decodeIntakeEvent` reads back to an equal value.
 * `registry` is the `host[:port]` that completes the purl's repository_url.
 */
export function encodeIntakeEvent(event: IntakeEvent, registry: string): CloudEventJson {
  switch (event.kind) {
    case 'artifact-pushed':
      return toCloudEvent(publishedOf(event, registry));
    case 'artifact-deleted':
      return toCloudEvent(deletedOf(event, registry));
    case 'build-finished':
      return toCloudEvent(finishedOf(event, registry));
  }
}

function publishedOf(event: ArtifactPushed, registry: string): CDEvent {
  return {
    context: contextOf(event, cdeventTypes.artifactPublished),
    subject: {
      id: purlOf(event, registry),
      source: event.source,
      content: event.actor === undefined ? {} : { user: event.actor },
    },
    customData: { mediaType: event.mediaType, ...(event.tag === undefined ? {} : { tag: event.tag }) },
  };
}

function deletedOf(event: ArtifactDeleted, registry: string): CDEvent {
  return {
    context: contextOf(event, cdeventTypes.artifactDeleted),
    subject: { id: purlOf(event, registry), source: event.source, content: {} },
  };
}

function finishedOf(event: BuildFinished, registry: string): CDEvent {
  return {
    context: contextOf(event, cdeventTypes.buildFinished),
    // The subject of a build event is the build; the artifact it made is content (CDEvents, "build finished").
    subject: { id: event.id, source: event.source, content: { artifactId: purlOf(event, registry) } },
    customData: {
      commit: event.commit,
      sourceRepository: event.sourceRepository,
      builder: event.builder,
      toolchain: event.toolchain,
      ...(event.provenance === undefined ? {} : { provenance: event.provenance }),
      ...(event.tag === undefined ? {} : { tag: event.tag }),
    },
  };
}

function contextOf(event: IntakeEvent, type: string): CDEvent['context'] {
  return { specversion: CDEVENTS_VERSION, id: event.id, source: event.source, type, timestamp: event.occurredAt };
}

function purlOf(event: IntakeEvent, registry: string): string {
  const tag = event.kind === 'artifact-pushed' ? event.tag : undefined;
  return toArtifactPurl({ registry, repository: event.repository, digest: event.digest, tag });
}
