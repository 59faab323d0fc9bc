/** EPSS scores as FIRST publishes them (https://www.first.org/epss/data_stats): `cve,epss,percentile`, comments begin with `#`. */
import type { Epss } from './threat.ts';

const LINE = /^(CVE-\d{4}-\d{4,}),(\d(?:\.\d+)?(?:e-?\d+)?),(\d(?:\.\d+)?(?:e-?\d+)?)\r?$/i;
const HEADER = /^(?:#[^\n]*\n)*cve,epss,percentile\r?$/m;

/** Scores by CVE, and how many lines were none; undefined where the text is no such table, or ends within a line. */
export function parseEpss(
  text: string,
): { readonly scores: ReadonlyMap<string, Epss>; readonly rejected: number } | undefined {
  const head = HEADER.exec(text.slice(0, 2000));
  if (head === null) return undefined;
  const scores = new Map<string, Epss>();
  let rejected = 0;
  const lines = text.slice(head.index + head[0].length).split('\n');
  const last = lines.at(-1) ?? '';
  if (last.trim() !== '' && !LINE.test(last)) return undefined;
  for (const line of lines) {
    if (line.trim() === '') continue;
    const [, cve, score, percentile] = LINE.exec(line) ?? [];
    const [probability, share] = [Number(score), Number(percentile)];
    if (cve !== undefined && probability <= 1 && share <= 1)
      scores.set(cve.toUpperCase(), { score: probability, percentile: share });
    else rejected++;
  }
  return { scores, rejected };
}
