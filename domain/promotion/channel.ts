/** Positions in the order of builds of one repository. */
export interface TagPosition {
  /** Of the build the tag names. */
  readonly current: number;
  /** Of the newest one it ever named: later than `current` where somebody went back. */
  readonly newest: number;
}

/** Who asks: a person, perhaps to go back, or nobody (what was pushed or judged again goes its way). */
export type TagMover = 'rollback' | 'person' | 'system';

/**
 * Whether a tag of an environment may move to the build at `candidate`; `at` is undefined where the tag names nothing yet.
 * Without a rollback an older build, approved late, never replaces a newer one. The same position is a retry. What somebody went
 * back from does not come back by itself: only what was pushed after it does.
 */
export function mayMoveTag(
  at: TagPosition | undefined,
  candidate: number,
  mover: TagMover,
): { readonly allowed: true } | { readonly allowed: false; readonly reason: string } {
  if (at === undefined || mover === 'rollback') return { allowed: true };
  const { current, newest } = at;
  if (candidate < current)
    return {
      allowed: false,
      reason: `build ${candidate} is older than build ${current}, which is already there: ask for a rollback to go back`,
    };
  if (mover === 'system' && newest > current && candidate <= newest)
    return {
      allowed: false,
      reason: `somebody went back from build ${newest} to build ${current}: build ${candidate} takes its place where a person asks for it, or it is pushed again`,
    };
  return { allowed: true };
}
