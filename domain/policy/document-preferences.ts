/** Whose documents about an artifact's contents the gates read: those made here from its layers, or those that others attested. */
import { z } from 'zod';

/** Names of the policy's signers: whose attestations are taken. */
const signers = z.array(z.string().min(1)).min(1);

const preferenceSchema = z.discriminatedUnion('prefer', [
  /** Read from the layers here; what others attest is listed, and not read instead. */
  z.strictObject({ prefer: z.literal('generated') }),
  /** What the signers attest is what there is: it is taken as it is. */
  z.strictObject({ prefer: z.literal('attested'), signers }),
  /** Both count, and are compared. */
  z.strictObject({
    prefer: z.literal('both'),
    signers,
    /** What a difference is worth; told it is always. */
    onDifference: z.enum(['pass', 'unknown', 'fail']).default('pass'),
  }),
]);
export type DocumentPreference = z.infer<typeof preferenceSchema>;

export const documentsSchema = z.strictObject({
  sbom: preferenceSchema.optional(),
  vulnerabilities: preferenceSchema.optional(),
});
