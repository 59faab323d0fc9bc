import { z } from 'zod';

/** Why a person does something: kept in the record for good. */
export const reasonSchema = z
  .string()
  .trim()
  .min(1, 'say why')
  .max(1000)
  .refine((text) => !text.includes('\0'), 'a reason holds no NUL');
