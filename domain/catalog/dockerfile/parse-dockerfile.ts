/** Dockerfile (https://docs.docker.com/reference/dockerfile/): the images it builds on. */
import type { LockedPackage } from '../locked-packages.ts';
import { parseImage } from './parse-image.ts';
import { readInstructions } from './read-instructions.ts';

const MAX_VALUE_LENGTH = 512;
/** Variables inside the defaults of variables. */
const MAX_EXPANSIONS = 8;

/**
 * The image under the last stage is for run time, those of other stages for the build. What depends on an argument
 * without a default can not be told.
 */
export function parseDockerfile(text: string): LockedPackage[] {
  const { images, runtime } = readImages(text);
  return [...new Set(images)].flatMap((image): LockedPackage[] => {
    const found = image === 'scratch' ? undefined : parseImage(image);
    return found === undefined ? [] : [{ ...found, scope: image === runtime ? 'runtime' : 'development' }];
  });
}

/** In their order, those that are taken files from last. `runtime` is under the last stage, through the stages it is made of. */
function readImages(text: string): { images: string[]; runtime: string | undefined } {
  const values = new Map<string, string>();
  /** By the name of a stage, the image under it: of an earlier stage where the name is one's, not of one's own or a later one. */
  const beneath = new Map<string, string>();
  const built: string[] = [];
  const copied: string[] = [];
  const copyFrom = (source: string): void => {
    if (!beneath.has(source.toLowerCase()) && !/^\d+$/.test(source)) copied.push(source);
  };
  for (const { instruction, words } of readInstructions(text)) {
    if (instruction === 'ARG' && built.length === 0) {
      // Only arguments before the first FROM count in a FROM.
      for (const one of words) {
        const [name, value] = readArgument(one);
        values.set(name, expand(value, values));
      }
    } else if (instruction === 'FROM') {
      const [base = '', as, name] = words.filter((one) => !one.startsWith('--'));
      const asked = expand(base, values);
      const image = beneath.get(asked.toLowerCase()) ?? asked;
      built.push(image);
      if (as?.toUpperCase() === 'AS' && name !== undefined) beneath.set(name.toLowerCase(), image);
    } else if (instruction === 'COPY') {
      for (const one of words) if (one.startsWith('--from=')) copyFrom(one.slice('--from='.length));
    } else if (instruction === 'RUN') {
      for (const one of words) {
        const from = one.startsWith('--mount=') ? /[=,]from=([^,]+)/.exec(one)?.[1] : undefined;
        if (from !== undefined) copyFrom(from);
      }
    }
  }
  return { images: [...built, ...copied], runtime: built.at(-1) };
}

function readArgument(text: string): [string, string] {
  const equals = text.indexOf('=');
  return equals === -1 ? [text, ''] : [text.slice(0, equals), text.slice(equals + 1).replace(/^(["'])(.*)\1$/, '$2')];
}

/** `$NAME`, `${NAME}`, `${NAME:-default}`, `${NAME:+instead}`, and those inside one another. */
function expand(text: string, values: ReadonlyMap<string, string>): string {
  let expanded = text;
  for (let round = 0; round < MAX_EXPANSIONS && expanded.includes('$'); round += 1)
    expanded = expanded
      .replaceAll(
        /\$(?:\{(\w+)(?::?([-+])([^{}$]*))?\}|(\w+))/g,
        (_, braced?: string, operator?: string, other = '', bare?: string) => {
          const value = values.get(braced ?? bare ?? '') ?? '';
          if (operator === '+') return value === '' ? '' : other;
          return value || other;
        },
      )
      .slice(0, MAX_VALUE_LENGTH);
  return expanded;
}
