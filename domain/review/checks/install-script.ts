import type { ReviewCheck } from '../review-context.ts';

/** Commands that run when it is installed, where there were none: how most malicious updates begin. */
export const checkInstallScript: ReviewCheck = ({ component, same, before }) => {
  if (component.installScript !== true || before.some(({ installScript }) => installScript === true)) return [];
  if (before.length === 0)
    return [
      { rule: 'install-script', level: 'warning', component, message: 'new, and runs commands when it is installed' },
    ];
  const what = same === undefined ? 'an update that runs' : 'the same version, and now runs';
  return [{ rule: 'install-script', level: 'error', component, message: `${what} commands when it is installed` }];
};
