import type { VerdictBook } from '../../domain/policy/verdict-book.ts';
import { SigningError } from '../../domain/trust/signing-error.ts';

/** What the policy says about waiting travels with the reason: the workflow acts on it. */
export async function withPatience<T>(verdicts: Pick<VerdictBook, 'policy'>, sign: () => Promise<T>): Promise<T> {
  try {
    return await sign();
  } catch (error) {
    if (!(error instanceof SigningError)) throw error;
    const { signing } = (await verdicts.policy()).document;
    const patience =
      signing === undefined ? {} : { patience: { seconds: signing.patience, thereafter: signing.thereafter } };
    throw new SigningError(error.message, { ...error.details, ...patience }, { cause: error });
  }
}
