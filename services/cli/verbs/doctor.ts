import { readFile } from 'node:fs/promises';
import { Option } from 'commander';
import type { StackHome } from '../../../infra/dev/stack-home.ts';
import type { DoctorAnswer, DoctorCheckAnswer } from '../api-answers.ts';
import { examineHere } from '../doctor/checks.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import type { CliIo } from '../io.ts';
import { findStackOf } from '../locate-server.ts';
import { renderDoctor } from '../render-doctor.ts';
import { defineServerCommand } from '../server-command.ts';
import { readUserFile } from '../signing-key.ts';
import type { Verb } from '../verb.ts';

const DETAILS = `
The server looks at clocks, versions, Temporal's search attributes and schedules, Kafka's topics and the age of the
advisories. From here, it is tried whether others than Pratique can push to an environment: an upload is begun, by nobody in
particular, by a stranger and by a builder, and cancelled where the registry takes it. For a local stack, the permissions of
keys and the space left are looked at too.

Exit code 0 when all is well or worth a look, 1 when something is wrong, 3 when something could not be looked at.
`;

/** `pratique doctor`: what is wrong with an installation before it hurts. */
export const verb: Verb = {
  define(command, context) {
    defineServerCommand<{ readonly builderLogin?: string }>(command, context, {
      summary: 'Look for what is wrong: others who can write, clocks, versions, topics, keys, disk',
      details: DETAILS,
      options: [
        new Option(
          '--builder-login <file>',
          'file with user:password of a login that pushes to intake; a local stack has one',
        ),
      ],
      permission: 'doctor.run',
      examples: ['doctor', 'doctor --builder-login ci.login --json'],
      async run({ api, io, show }, _, { builderLogin: file }) {
        const answer = await api.get<DoctorAnswer>('/doctor');
        const home = await findStackOf(api.server, io);
        const builderLogin = await readLogin(file, home, io);
        const here = await examineHere({ io, answer, gatewayUrl: api.server.url, home, builderLogin });
        const checks = [...answer.checks, ...here];
        show({ checks }, (all, style) => renderDoctor(all.checks, style));
        return exitOf(checks);
      },
    });
  },
};

/** A local stack has one that pushes to everything the policy takes in. */
async function readLogin(
  file: string | undefined,
  home: StackHome | undefined,
  io: CliIo,
): Promise<string | undefined> {
  if (file !== undefined) return (await readUserFile(file, io)).toString('utf8').trim();
  const token = home === undefined ? '' : await readFile(home.pushTokenFile, 'utf8').catch(() => '');
  return token === '' ? undefined : `doctor:${token.trim()}`;
}

function exitOf(checks: readonly DoctorCheckAnswer[]): ExitCode {
  const levels = new Set(checks.flatMap(({ findings }) => findings.map(({ level }) => level)));
  if (levels.has('fail')) return exitCodes.fail;
  return levels.has('unknown') ? exitCodes.infrastructure : exitCodes.pass;
}
