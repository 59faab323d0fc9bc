/** The claim was released while we copied under it: nothing more is written. */
export class ClaimGivenUp extends Error {
  override readonly name = 'ClaimGivenUp';
}
