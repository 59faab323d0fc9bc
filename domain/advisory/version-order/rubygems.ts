/**
 * Gem versions by `Gem::Version` (https://docs.ruby-lang.org/en/master/Gem/Version.html): runs of digits and of letters,
 * a letter makes a pre-release, zeros at the end of the numbers and of the pre-release do not count.
 */
import { compareDigits, compareText, isDigits, type Order, orderBy } from './order.ts';

const PATTERN = /^\d+(?:\.[0-9a-zA-Z]+)*(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$|^\d+[0-9a-zA-Z]*(?:\.[0-9a-zA-Z]+)*$/;

function withoutTrailingZeros(segments: readonly string[]): readonly string[] {
  let end = segments.length;
  while (end > 0 && /^0+$/.test(segments[end - 1]!)) end--;
  return segments.slice(0, end);
}

/** `Gem::Version#canonical_segments`; a hyphen stands for `.pre.`. */
function parseGem(text: string): readonly string[] | undefined {
  // `1.2.3-x86_64-linux` is a version and a platform, which is no part of it.
  const version = text
    .trim()
    .replace(/-(?:x86_64|x86|x64|aarch64|arm64|arm|java|jruby|universal|mswin\d*|mingw\d*)\b.*$/, '');
  if (!PATTERN.test(version)) return undefined;
  const segments = version.replaceAll('-', '.pre.').match(/\d+|[A-Za-z]+/g) ?? [];
  const letter = segments.findIndex((segment) => !isDigits(segment));
  const numbers = letter < 0 ? segments : segments.slice(0, letter);
  return [...withoutTrailingZeros(numbers), ...withoutTrailingZeros(letter < 0 ? [] : segments.slice(letter))];
}

function compareSegments(a: readonly string[], b: readonly string[]): Order {
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const [left = '0', right = '0'] = [a[index], b[index]];
    const numeric = isDigits(left);
    if (numeric !== isDigits(right)) return numeric ? 1 : -1;
    const order = numeric ? compareDigits(left, right) : compareText(left, right);
    if (order !== 0) return order;
  }
  return 0;
}

export const compareRubyGems = orderBy(parseGem, compareSegments);
