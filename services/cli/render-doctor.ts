import type { DoctorCheckAnswer, DoctorFinding } from './api-answers.ts';
import type { Style } from './style.ts';

/** A line for each finding, and below it what to do next; then how many of each there are. */
export function renderDoctor(checks: readonly DoctorCheckAnswer[], style: Style): string {
  const findings = checks.flatMap((check) => check.findings);
  const count = (level: DoctorFinding['level']) => findings.filter((finding) => finding.level === level).length;
  const blocks = checks.map(
    ({ name, findings: found }) =>
      `${style.paint.bold(name)}\n${found.map((finding) => renderFinding(finding, style)).join('')}`,
  );
  return `${blocks.join('')}${count('ok')} ok, ${count('warn')} to look into, ${count('fail')} wrong, ${count('unknown')} unknown\n`;
}

function renderFinding({ level, says, next }: DoctorFinding, { paint }: Style): string {
  const colours = { ok: paint.green, warn: paint.yellow, fail: paint.red, unknown: paint.magenta } as const;
  const line = `  ${colours[level](level.padEnd(7))} ${says}\n`;
  return next === undefined ? line : `${line}          ${paint.dim('->')} ${next}\n`;
}
