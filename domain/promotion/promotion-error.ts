/** `PROMOTION_UNKNOWN`: nobody asked for it; whoever started its workflow did so past the database. */
export type PromotionErrorCode = 'PROMOTION_UNKNOWN';

/** Thrown where a promotion is named that there is not. Another try gives the same answer. */
export class PromotionError extends Error {
  override readonly name = 'PromotionError';
  readonly code: PromotionErrorCode;
  constructor(code: PromotionErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
