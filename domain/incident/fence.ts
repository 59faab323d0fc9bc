/** Which digests a quarantine covers: the closure of what its selector selected (docs/architecture.md, quarantine). */

import type { Digest } from '../artifact/digest.ts';
import { emptyJson } from '../artifact/empty-json.ts';
import type { SubjectRelation } from './incident-desk.ts';

/** What is known of how an artifact hangs together with others. */
export interface ArtifactShape {
  readonly digest: Digest;
  /** Manifests of an index; empty for an image. */
  readonly children: readonly Digest[];
  /** Absent for an index. */
  readonly config?: Digest;
  /** Diff-ids from the base up; empty for an index. */
  readonly layers: readonly Digest[];
}

export interface FenceQuestion {
  /** What the selector selected. A digest without a shape (never pushed) is fenced all the same. */
  readonly selected: readonly Digest[];
  /** Every artifact that may be related; those of `selected` among them, where known. */
  readonly shapes: readonly ArtifactShape[];
  /** Diff-ids of base images: sharing them makes nobody a copy. */
  readonly baseLayers: readonly Digest[];
  /** Whether artifacts with the same config, or the same layers above the base, are fenced as copies. */
  readonly copies: boolean;
}

export interface FencedSubject {
  readonly digest: Digest;
  readonly relation: SubjectRelation;
  /** The fenced digest that led here; absent where it was selected. */
  readonly via?: Digest;
}

export interface SharedSubject {
  readonly digest: Digest;
  /** `base`: a child that is nothing but base layers. `sibling`: another child of an index that is fenced as a parent. */
  readonly reason: 'base' | 'sibling';
  readonly via: Digest;
}

export interface Fence {
  readonly fenced: readonly FencedSubject[];
  /** Named for people to look at, not fenced. */
  readonly shared: readonly SharedSubject[];
}

/** Says nothing of what an artifact is: `{}` as config, and the layer of an empty tar (1024 zero bytes). */
export const EMPTY_CONFIG = emptyJson.descriptor.digest;
export const EMPTY_LAYER = 'sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef';

interface Relations {
  readonly shapes: ReadonlyMap<Digest, ArtifactShape>;
  readonly parents: ReadonlyMap<Digest, readonly Digest[]>;
  /** Digests by what makes two artifacts copies of each other. */
  readonly twins: Map<string, readonly Digest[]>;
  readonly base: ReadonlySet<string>;
}

function ownLayers({ layers }: ArtifactShape, base: ReadonlySet<string>): Digest[] {
  return layers.filter((layer) => !base.has(layer) && layer !== EMPTY_LAYER);
}

function twinKeys(shape: ArtifactShape, base: ReadonlySet<string>): string[] {
  const own = ownLayers(shape, base);
  const config = shape.config === undefined || shape.config === EMPTY_CONFIG ? [] : [`config ${shape.config}`];
  return own.length === 0 ? config : [...config, `layers ${own.join(' ')}`];
}

const isBase = (shape: ArtifactShape | undefined, base: ReadonlySet<string>) =>
  shape !== undefined && shape.layers.length > 0 && ownLayers(shape, base).length === 0;

function add<K>(map: Map<K, Digest[]>, key: K, digest: Digest): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [digest]);
  else list.push(digest);
}

function relate({ shapes, baseLayers, copies }: FenceQuestion): Relations {
  const base = new Set<string>(baseLayers);
  const parents = new Map<Digest, Digest[]>();
  const twins = new Map<string, Digest[]>();
  for (const shape of shapes) {
    for (const child of shape.children) add(parents, child, shape.digest);
    if (copies) for (const key of twinKeys(shape, base)) add(twins, key, shape.digest);
  }
  return { shapes: new Map(shapes.map((shape) => [shape.digest, shape])), parents, twins, base };
}

/** The digests one step from a fenced one. A parent does not lead down: the siblings of what was selected are not suspect. */
function neighbours({ digest, relation }: FencedSubject, relations: Relations): FencedSubject[] {
  const shape = relations.shapes.get(digest);
  const step = (next: readonly Digest[], as: SubjectRelation): FencedSubject[] =>
    next.map((other) => ({ digest: other, relation: as, via: digest }));
  const children = relation === 'parent' ? [] : (shape?.children ?? []);
  const twins =
    shape === undefined || relation === 'parent'
      ? []
      : twinKeys(shape, relations.base).flatMap((key) => {
          const all = relations.twins.get(key) ?? [];
          // The first of a family brings all of it; looking again for each would be quadratic.
          relations.twins.delete(key);
          return all;
        });
  return [
    ...step(
      children.filter((child) => !isBase(relations.shapes.get(child), relations.base)),
      'child',
    ),
    ...step(twins, 'copy'),
    ...step(relations.parents.get(digest) ?? [], 'parent'),
  ];
}

/**
 * The closure: what was selected, the children of its indexes, indexes that contain any of it, and (where asked for)
 * copies. Each digest once, with the relation that reaches furthest: a parent that is also a child or a copy is followed
 * down. Deterministic; linear in shapes and edges.
 */
export function fenceClosure(question: FenceQuestion): Fence {
  const relations = relate(question);
  const fenced = new Map<Digest, FencedSubject>();
  const queue: FencedSubject[] = question.selected.map((digest) => ({ digest, relation: 'selected' }));
  for (const subject of queue) {
    const known = fenced.get(subject.digest);
    if (known !== undefined && (known.relation !== 'parent' || subject.relation === 'parent')) continue;
    fenced.set(subject.digest, subject);
    queue.push(...neighbours(subject, relations));
  }
  const shared = new Map<Digest, SharedSubject>();
  for (const { digest, relation } of fenced.values())
    for (const child of relations.shapes.get(digest)?.children ?? [])
      if (!fenced.has(child) && !shared.has(child)) {
        const reason = isBase(relations.shapes.get(child), relations.base) ? 'base' : 'sibling';
        shared.set(child, { digest: child, reason: relation === 'parent' ? reason : 'base', via: digest });
      }
  const byDigest = (a: { digest: Digest }, b: { digest: Digest }) => (a.digest < b.digest ? -1 : 1);
  return { fenced: [...fenced.values()].sort(byDigest), shared: [...shared.values()].sort(byDigest) };
}
