/**
 * Whether a tag of an environment may move from the build it names to `candidate`. Both are positions in the order of
 * builds of one repository; `current` is undefined where the tag names nothing yet. Without `rollback` an older build,
 * approved late, never replaces a newer one. The same position is a retry.
 */
export function mayMoveTag(
  current: number | undefined,
  candidate: number,
  rollback: boolean,
): { readonly allowed: true } | { readonly allowed: false; readonly reason: string } {
  if (current === undefined || candidate >= current || rollback) return { allowed: true };
  return {
    allowed: false,
    reason: `build ${candidate} is older than build ${current}, which is already there: ask for a rollback to go back`,
  };
}
