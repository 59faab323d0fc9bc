/** Options of a requirements file (https://pip.pypa.io/en/stable/reference/requirements-file-format/#supported-options). */
import { originsOf } from '../public-address.ts';

/** Those that say where something is, and the letter each may be written as. */
const letters = {
  requirement: 'r',
  'index-url': 'i',
  'pypi-url': undefined,
  'extra-index-url': undefined,
  'find-links': 'f',
  'no-index': undefined,
} as const;
type OptionName = keyof typeof letters;
const optionNames = Object.keys(letters) as OptionName[];

export interface RequirementOption {
  readonly name: OptionName;
  readonly value: string;
}

/** None of a line that asks for a package. Of a name its beginning is enough, as for pip, where no other one begins so. */
export function optionsOf(line: string): RequirementOption[] {
  const words = line.startsWith('-') ? line.split(/\s+/).map((word) => word.replaceAll(/["']/g, '')) : [];
  return words.flatMap((word, place) => {
    const [, long, letter = '', attached] = /^(?:--([a-z-]+)|-([a-z]))=?(.*)$/.exec(word) ?? [];
    const name = optionNames.find((one) => (long === undefined ? letters[one] === letter : one.startsWith(long)));
    return name === undefined ? [] : [{ name, value: attached || words[place + 1] || '' }];
  });
}

/** Origins that pip takes packages from, whichever answers: PyPI too, where others are named beside it. Empty where none is named. */
export function indexesOf(options: readonly RequirementOption[]): string[] {
  const originsAt = (...wanted: readonly OptionName[]) =>
    originsOf(...options.filter(({ name }) => wanted.includes(name)).map(({ value }) => value)) ?? [];
  const own = originsAt('index-url', 'pypi-url');
  const more = originsAt('extra-index-url', 'find-links');
  const isOnly = own.length > 0 || more.length === 0 || options.some(({ name }) => name === 'no-index');
  return [...new Set([...(isOnly ? [] : ['https://pypi.org']), ...own, ...more])];
}
