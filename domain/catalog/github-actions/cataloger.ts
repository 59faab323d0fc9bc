import type { FileCataloger } from '../cataloger.ts';
import { MEBIBYTE } from '../cataloger.ts';
import { decodeYaml } from '../decode-yaml.ts';
import { imageNaming } from '../dockerfile/naming.ts';
import { lockedComponents, type PackageNaming } from '../locked-packages.ts';
import { isInstalled } from '../manifest-cataloger.ts';
import { parseWorkflow } from './parse-workflow.ts';

const WORKFLOW = /(?:^|\/)\.github\/workflows\/[^/]+\.ya?ml$|(?:^|\/)action\.ya?ml$/;

/** GitHub reads anchors and aliases in workflows. */
const MAX_ALIASES = 100;

const actionNaming: PackageNaming = {
  ecosystem: 'GitHub Actions',
  purl(name) {
    const slash = name.indexOf('/');
    return { type: 'github', namespace: name.slice(0, slash).toLowerCase(), name: name.slice(slash + 1).toLowerCase() };
  },
};

/** Actions, reusable workflows and images that workflows use, with how firmly each is pinned. */
export const githubActionsCataloger: FileCataloger = {
  kind: 'file',
  name: 'github-actions',
  maxBytes: MEBIBYTE,
  treesOnly: true,
  wants: (path) => WORKFLOW.test(path) && !isInstalled(path),
  catalog(_path, bytes) {
    const { actions, images } = parseWorkflow(decodeYaml(bytes, { aliases: MAX_ALIASES })[0]);
    return {
      kind: 'components',
      components: [
        ...lockedComponents(actions, actionNaming, 'github-actions'),
        ...lockedComponents(images, imageNaming, 'github-actions'),
      ],
    };
  },
};
