import { Option } from 'commander';

/** Why it is done: kept in the record for good. */
export const reasonOption = (): Option => new Option('--reason <text>', 'why, for the record').makeOptionMandatory();

export const dryRunOption = (): Option => new Option('--dry-run', 'say what would happen, and change nothing');

export const waitOption = (until: string): Option =>
  new Option('--wait', `stay until ${until}, with progress on stderr`);
