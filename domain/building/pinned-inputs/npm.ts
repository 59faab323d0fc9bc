import { z } from 'zod';
import { bundledPlaces } from '../../catalog/npm/bundled-places.ts';
import { type FetchTool, unknownWords } from './fetch-tool.ts';

const QUIET = ['ci', '--ignore-scripts', '--omit=', '--include=', '--no-audit', '--no-fund', '--prefer-offline'];
const names = z.record(z.string(), z.unknown()).optional();
const entry = z.object({
  integrity: z.string().optional(),
  link: z.boolean().optional(),
  inBundle: z.boolean().optional(),
  dependencies: names,
  optionalDependencies: names,
  peerDependencies: names,
});
const lockfile = z.object({ packages: z.record(z.string(), entry) });

/** `npm ci`: what has an `integrity` is checked by it (docs.npmjs.com, package-lock.json); install scripts could fetch anything. */
export const npm: FetchTool = {
  name: 'npm ci',
  matches: ([program, verb]) => program === 'npm' && verb === 'ci',
  files: () => ['npm-shrinkwrap.json', 'package-lock.json'],
  objection([, ...words], content) {
    const [unknown] = unknownWords(words, QUIET);
    if (unknown !== undefined) return `what "${unknown}" changes is not known here`;
    if (!words.includes('--ignore-scripts'))
      return 'install scripts of packages run, and have the network (--ignore-scripts)';
    const read = lockfile.safeParse(parse(content));
    if (!read.success) return 'its lockfile is none of version 2 or 3';
    const bundled = bundledIn(read.data);
    for (const [place, { integrity, link }] of Object.entries(read.data.packages)) {
      if (!place.includes('node_modules/') || link === true || bundled.has(place)) continue;
      if (!/(?:^|\s)sha(?:256|384|512)-/.test(integrity ?? '')) return `the lockfile has no hash of ${place}`;
    }
    return undefined;
  },
};

/** What comes in another package's file, and is checked with it. */
function bundledIn({ packages }: z.infer<typeof lockfile>): ReadonlySet<string> {
  const flagged = Object.keys(packages).filter((place) => packages[place]?.inBundle === true);
  const entries = Object.entries(packages).map(([place, { dependencies, optionalDependencies, peerDependencies }]) => ({
    place,
    requires: new Set(Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies })),
  }));
  return bundledPlaces(entries, new Set(flagged));
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return undefined;
  }
}
