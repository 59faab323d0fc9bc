import { decodeText } from '../decode-text.ts';
import { lockfileCataloger } from '../manifest-cataloger.ts';
import { parseTerraformLock } from './parse-terraform-lock.ts';

/** Providers that Terraform's lockfile pins. Their names are their addresses, `registry.terraform.io/hashicorp/aws`. */
export const terraformLockfileCataloger = lockfileCataloger(
  {
    name: 'terraform-lockfile',
    isNamed: (file) => file === '.terraform.lock.hcl',
    maxMebibytes: 4,
    naming: {
      ecosystem: 'generic',
      purl(name) {
        const slash = name.lastIndexOf('/');
        return {
          type: 'terraform',
          ...(slash < 1 ? {} : { namespace: name.slice(0, slash) }),
          name: name.slice(slash + 1),
        };
      },
    },
  },
  (bytes) => parseTerraformLock(decodeText(bytes)),
);
