/** Workflows and composite actions of GitHub (https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax). */
import { parseImage } from '../dockerfile/parse-image.ts';
import type { LockedPackage } from '../locked-packages.ts';
import { entriesOf, fieldsOf, listOf, textOf } from '../read-fields.ts';

export interface UsedByWorkflow {
  readonly actions: readonly LockedPackage[];
  readonly images: readonly LockedPackage[];
}

/** Actions of the same repository (`./…`) are left out. */
export function parseWorkflow(document: unknown): UsedByWorkflow {
  const root = fieldsOf(document);
  const jobs = entriesOf(root.jobs).map(([, job]) => fieldsOf(job));
  const steps = [root.runs, ...jobs].flatMap((one) => listOf(fieldsOf(one).steps)).map(fieldsOf);
  const uses = [...jobs, ...steps].flatMap((one) => textOf(one.uses) ?? []);
  const containers = jobs.flatMap(({ container, services }) => [
    container,
    ...entriesOf(services).map(([, service]) => service),
  ]);
  const images = [
    ...containers.flatMap((one) => textOf(one) ?? textOf(fieldsOf(one).image) ?? []),
    ...[...uses, textOf(fieldsOf(root.runs).image) ?? ''].flatMap((one) => /^docker:\/\/(.+)$/.exec(one)?.[1] ?? []),
  ];
  return {
    actions: [...new Set(uses)].flatMap(toAction),
    images: [...new Set(images)].flatMap((image) => parseImage(image) ?? []),
  };
}

/** `owner/repository/path@ref`: the path is not part of what is fetched. */
function toAction(uses: string): LockedPackage[] {
  const match = /^([\w.-]+\/[\w.-]+)(?:\/[^@]*)?@(.+)$/.exec(uses);
  if (match?.[1] === undefined || match[2] === undefined) return [];
  return [{ key: uses, name: match[1], version: match[2], requires: [], pin: pinOf(match[2]) }];
}

/** Tags and branches look alike; by custom only tags begin with a number. Both can be moved. */
function pinOf(ref: string): NonNullable<LockedPackage['pin']> {
  if (/^[0-9a-f]{40}$|^[0-9a-f]{64}$/.test(ref)) return 'digest';
  return /^v?\d/.test(ref) ? 'tag' : 'branch';
}
