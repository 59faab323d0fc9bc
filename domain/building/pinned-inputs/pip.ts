import type { FetchTool } from './fetch-tool.ts';

const PROGRAMS = ['pip', 'pip3'];
/** Of a requirements file: other sources than the index, and other files than this one. */
const ELSEWHERE = /^\s*(?:-e|--editable|-r|--requirement|-c|--constraint)\b/m;

/**
 * `pip install|download --require-hashes -r FILE`: pip takes nothing without a hash in the file, dependencies included (pip
 * documentation, "Secure installs"). Building a source distribution would fetch what it is built with, and that by no hash.
 */
export const pip: FetchTool = {
  name: 'pip --require-hashes',
  matches: ([program = '', verb = '']) => PROGRAMS.includes(program) && ['install', 'download'].includes(verb),
  files: (command) => {
    const at = command.findIndex((word) => word === '-r' || word === '--requirement');
    const file = at === -1 ? undefined : command[at + 1];
    return file === undefined ? [] : [file];
  },
  objection(command, content) {
    if (!command.includes('--require-hashes')) return 'pip takes packages without a hash (--require-hashes)';
    const at = command.indexOf('--only-binary');
    if (!command.includes('--only-binary=:all:') && (at === -1 || command[at + 1] !== ':all:'))
      return 'building a source distribution fetches by no hash (--only-binary=:all:)';
    const [elsewhere] = ELSEWHERE.exec(content) ?? [];
    return elsewhere === undefined ? undefined : `its file goes on elsewhere (${elsewhere.trim()})`;
  },
};
