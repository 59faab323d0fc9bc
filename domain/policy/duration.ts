import { z } from 'zod';

/** ISO 8601 durations of days, hours, minutes and seconds; months and years have no fixed length and are refused. */
export const durationSchema = z
  .string()
  .regex(
    /^P(?=\d|T\d)(?:\d+D)?(?:T(?=\d)(?:\d+H)?(?:\d+M)?(?:\d+S)?)?$/,
    'expected an ISO 8601 duration such as PT15M, PT12H or P7D',
  )
  .transform((text) => {
    const [date = '', time = ''] = text.split('T');
    const amount = (part: string, letter: string) => Number(new RegExp(`(\\d+)${letter}`).exec(part)?.[1] ?? 0);
    return amount(date, 'D') * 86_400 + amount(time, 'H') * 3600 + amount(time, 'M') * 60 + amount(time, 'S');
  });
