import { randomUUID } from 'node:crypto';
import type { PublishedBuild } from '../../adapters/builder/publish-build.ts';
import type { FinishedBuild } from '../../domain/building/builder.ts';
import type { CloudEventJson } from '../../domain/events/cdevents.ts';
import { encodeIntakeEvent } from '../../domain/events/encode-intake-event.ts';
import { CliError } from './cli-error.ts';
import { exitCodes } from './exit-codes.ts';

/** What is told of a build that was published: everything in it is a claim, until its provenance is verified. */
export interface BuildAnnouncement {
  readonly finished: FinishedBuild;
  readonly published: PublishedBuild;
  readonly registry: string;
  readonly repository: string;
  readonly tag?: string;
  readonly builderId: string;
  readonly builderHost: string;
}

/** The body of `POST /events`: a CloudEvent around CDEvents' "build finished". */
export function createBuildEvent(build: BuildAnnouncement): CloudEventJson {
  const { finished, published, registry, repository, tag, builderId, builderHost } = build;
  return encodeIntakeEvent(
    {
      kind: 'build-finished',
      // The gateway takes the source from the token; the id is one per build that ran.
      id: randomUUID(),
      source: '/cli/build',
      occurredAt: finished.finishedOn,
      repository,
      digest: published.descriptor.digest,
      ...(tag === undefined ? {} : { tag }),
      commit: finished.source.commit,
      sourceRepository: finished.source.repository,
      builder: { id: builderId, host: builderHost },
      toolchain: finished.toolchain,
      provenance: published.evidence.provenance,
    },
    registry,
  );
}

/** Posts the event in structured mode (CloudEvents HTTP binding 3.2). Throws a CliError where the gateway does not take it. */
export async function postBuildEvent(
  event: CloudEventJson,
  gateway: { readonly url: string; readonly token: string },
  signal: AbortSignal,
): Promise<void> {
  const response = await fetch(gateway.url, {
    method: 'POST',
    headers: { 'content-type': 'application/cloudevents+json', authorization: `Bearer ${gateway.token}` },
    body: JSON.stringify(event),
    redirect: 'error',
    signal: AbortSignal.any([signal, AbortSignal.timeout(30_000)]),
  }).catch((cause: unknown) => {
    throw new CliError(exitCodes.infrastructure, 'GATEWAY_UNREACHABLE', `${gateway.url} cannot be reached`, {
      cause,
      hint: 'The image is pushed and signed; only the event is missing. Is the gateway up? pratique status',
    });
  });
  await response.body?.cancel();
  if (response.ok) return;
  throw new CliError(
    exitCodes.infrastructure,
    'EVENT_REFUSED',
    `${gateway.url} answered ${response.status}: the image is pushed and signed, and the event was not taken`,
    { hint: response.status === 401 || response.status === 403 ? 'Check --token: pratique token list' : 'Try again' },
  );
}
