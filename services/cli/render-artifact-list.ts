import type { ArtifactSummary } from '../../adapters/postgres/read-artifacts.ts';
import type { ListAnswer } from './api-answers.ts';
import { formatTime, paintState, type Style, shortDigest, shortList } from './style.ts';
import { formatTable } from './text-table.ts';

/** A line an artifact. */
export function renderArtifacts({ items, next }: ListAnswer<ArtifactSummary>, style: Style): string {
  if (items.length === 0) return 'no artifacts\n';
  const rows = items.map((artifact) => [
    artifact.repository,
    shortDigest(artifact.digest, style),
    shortList(artifact.tags, style),
    stateOf(artifact, style),
    artifact.environments.join(', ') || '-',
    formatTime(artifact.updatedAt, style),
  ]);
  const more = next === null ? '' : style.paint.dim('there are more: --limit\n');
  return `${formatTable(['REPOSITORY', 'DIGEST', 'TAGS', 'STATE', 'LIVE IN', 'CHANGED'], rows)}${more}`;
}

/** `quarantined` before all else; then how the newest run ended, or how far it is. */
export function stateOf({ fenced, outcome, phase }: ArtifactSummary, style: Style): string {
  return paintState(fenced ? 'quarantined' : (outcome ?? phase), style);
}
