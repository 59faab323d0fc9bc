import { Option } from 'commander';

/** How a person proves that a decision is theirs. */
export interface ProofFlags {
  readonly sshKey?: string;
  readonly writeStatement?: string;
  readonly statement?: string;
  readonly signature?: string;
  readonly identityToken?: string;
}

export const proofOptions = (): Option[] => [
  new Option(
    '--ssh-key <file>',
    'prove it with this SSH key: the private key, or the .pub of one that ssh-agent or a security key holds',
  ),
  new Option('--write-statement <file>', 'write what is to be proven into a file, and decide nothing yet'),
  new Option('--statement <file>', 'what --write-statement wrote, proven meanwhile'),
  new Option('--signature <file>', 'of that statement: ssh-keygen -Y sign -n approval@pratique.dev'),
  new Option('--identity-token <token>', 'for that statement: an OpenID Connect token, or a file with one'),
];
