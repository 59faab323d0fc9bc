import { Argument } from 'commander';
import { describeCommands } from '../command-tree.ts';
import { completionScript, type Shell, shells } from '../completion.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Verb } from '../verb.ts';

const HELP = `
Examples:
  source <(pratique completion bash)        in ~/.bashrc
  source <(pratique completion zsh)         in ~/.zshrc, after compinit
  pratique completion fish | source         in ~/.config/fish/config.fish`;

/** `pratique completion`: a script for the shell. */
export const verb: Verb = {
  define(command, { io, done }) {
    command
      .addArgument(new Argument('<shell>', 'which shell').choices(shells))
      .addHelpText('after', HELP)
      .action(async (shell: Shell) => {
        io.out.write(completionScript(shell, await describeCommands(io)));
        done(exitCodes.pass);
      });
  },
};
