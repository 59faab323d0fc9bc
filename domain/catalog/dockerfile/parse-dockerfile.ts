/** Dockerfile (https://docs.docker.com/reference/dockerfile/): the images it builds on. */
import type { LockedPackage } from '../locked-packages.ts';
import { splitLines } from '../split-lines.ts';
import { parseImage } from './parse-image.ts';

const MAX_LINES = 100_000;
const MAX_VALUE_LENGTH = 512;

interface Stage {
  readonly name: string;
  /** An image, the name of an earlier stage, or `scratch`. */
  readonly base: string;
}

/**
 * The image under the last stage is for run time, those of other stages for the build. What depends on an argument
 * without a default can not be told.
 */
export function parseDockerfile(text: string): LockedPackage[] {
  const { stages, copied } = readStages(text);
  const runtime = baseImage(stages.at(-1)?.base, stages);
  const isStage = (name: string): boolean =>
    stages.some((stage) => stage.name === name.toLowerCase()) || /^\d+$/.test(name);
  const images = [...stages.map(({ base }) => base), ...copied].filter((one) => !isStage(one) && one !== 'scratch');
  return [...new Set(images)].flatMap((image): LockedPackage[] => {
    const found = parseImage(image);
    return found === undefined ? [] : [{ ...found, scope: image === runtime ? 'runtime' : 'development' }];
  });
}

function readStages(text: string): { stages: Stage[]; copied: string[] } {
  const values = new Map<string, string>();
  const stages: Stage[] = [];
  const copied: string[] = [];
  for (const line of splitLines(text.replaceAll(/\\[ \t]*\r?\n/g, ' '), MAX_LINES)) {
    const [word = '', ...words] = line.trim().split(/\s+/);
    const instruction = word.toUpperCase();
    if (instruction === 'ARG' && stages.length === 0) {
      // Only arguments before the first FROM count in a FROM.
      for (const one of words) values.set(...readArgument(one));
    } else if (instruction === 'FROM') {
      const [base = '', as, name] = words.filter((one) => !one.startsWith('--'));
      stages.push({ base: expand(base, values), name: as?.toUpperCase() === 'AS' ? (name ?? '').toLowerCase() : '' });
    } else if (instruction === 'COPY') {
      const from = words.find((one) => one.startsWith('--from='));
      if (from !== undefined) copied.push(from.slice('--from='.length));
    }
  }
  return { stages, copied };
}

function readArgument(text: string): [string, string] {
  const equals = text.indexOf('=');
  return equals === -1 ? [text, ''] : [text.slice(0, equals), text.slice(equals + 1).replace(/^(["'])(.*)\1$/, '$2')];
}

/** `$NAME`, `${NAME}`, `${NAME:-default}`. */
function expand(text: string, values: ReadonlyMap<string, string>): string {
  return text
    .replaceAll(/\$(?:\{(\w+)(?::?-([^}]*))?\}|(\w+))/g, (_, braced?: string, fallback?: string, bare?: string) => {
      return values.get(braced ?? bare ?? '') || (fallback ?? '');
    })
    .slice(0, MAX_VALUE_LENGTH);
}

function baseImage(base: string | undefined, stages: readonly Stage[]): string | undefined {
  let image = base;
  for (const { name, base: beneath } of stages.toReversed())
    if (name !== '' && name === image?.toLowerCase()) image = beneath;
  return image;
}
