/** Test results as evidence: in-toto's test-result predicate (attestation, spec/predicates/test-result.md, v0.1), and JUnit XML as its source. */
import { SaxesParser } from 'saxes';
import { z } from 'zod';

const tests = z.array(z.string().min(1).max(4096)).max(100_000).optional();

/** What a statement says of one run of a suite. Members of others' own are kept. */
export const testResultSchema = z.looseObject({
  result: z.enum(['PASSED', 'WARNED', 'FAILED']),
  configuration: z.array(z.looseObject({})).max(1000),
  url: z.string().max(4096).optional(),
  passedTests: tests,
  warnedTests: tests,
  failedTests: tests,
});
export type TestResult = z.infer<typeof testResultSchema>;

export type TestReportErrorCode = 'TEST_REPORT_MALFORMED' | 'TEST_REPORT_EMPTY' | 'TEST_REPORT_TOO_LARGE';

/** Thrown for reports nothing can be said from. The message never quotes them. */
export class TestReportError extends Error {
  override readonly name = 'TestReportError';
  readonly code: TestReportErrorCode;

  constructor(code: TestReportErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** Characters of a report; elements in one another; tests in it. */
const MAX_CHARACTERS = 64 * 1024 * 1024;
const MAX_DEPTH = 64;
const MAX_TESTS = 100_000;
const MAX_NAME = 1000;

/**
 * JUnit XML (no DTD) as a result: FAILED where a test failed or broke, or a suite counts more failures than its tests show; WARNED
 * where one was skipped, since it was not run. A report without tests says nothing, and is refused. Throws a TestReportError.
 */
export function readJunit(text: string): TestResult {
  if (text.length > MAX_CHARACTERS)
    throw new TestReportError('TEST_REPORT_TOO_LARGE', `the report has more than ${MAX_CHARACTERS} characters`);
  const found = collect(text);
  const all = [...found.failed, ...found.warned, ...found.passed];
  if (all.length === 0)
    throw new TestReportError('TEST_REPORT_EMPTY', 'the report has no test: nothing was shown to be run');
  const result = found.failed.length > 0 ? 'FAILED' : found.warned.length > 0 ? 'WARNED' : 'PASSED';
  return {
    result,
    configuration: [],
    passedTests: found.passed,
    warnedTests: found.warned,
    failedTests: found.failed,
  };
}

interface Suite {
  readonly name: string;
  /** Failures and errors it counts, less those its tests have shown. */
  unexplained: number;
}

interface Collected {
  readonly passed: string[];
  readonly warned: string[];
  readonly failed: string[];
}

function collect(text: string): Collected {
  const collected: Collected = { passed: [], warned: [], failed: [] };
  const suites: Suite[] = [];
  let test: { readonly name: string; state: keyof Collected } | undefined;
  let depth = 0;
  let tests = 0;
  const parser = new SaxesParser();
  parser.on('error', () => {
    throw new TestReportError('TEST_REPORT_MALFORMED', `not well-formed XML (line ${parser.line})`);
  });
  parser.on('doctype', () => {
    throw new TestReportError('TEST_REPORT_MALFORMED', 'an XML document with a DTD: such are not read');
  });
  parser.on('opentag', ({ name, attributes }) => {
    depth += 1;
    if (depth === 1 && name !== 'testsuites' && name !== 'testsuite')
      throw new TestReportError('TEST_REPORT_MALFORMED', 'not JUnit: it begins with neither testsuites nor testsuite');
    if (depth > MAX_DEPTH) throw new TestReportError('TEST_REPORT_MALFORMED', `nested more than ${MAX_DEPTH} deep`);
    if (name === 'testsuite') suites.push({ name: attributes.name ?? 'a suite', unexplained: countOf(attributes) });
    else if (name === 'testcase') {
      tests += 1;
      if (tests > MAX_TESTS)
        throw new TestReportError('TEST_REPORT_TOO_LARGE', `the report has more than ${MAX_TESTS} tests`);
      test = { name: nameOf(attributes), state: 'passed' };
    } else if (name === 'failure' || name === 'error') {
      if (test !== undefined) test.state = 'failed';
      else collected.failed.push((suites.at(-1)?.name ?? 'a suite').slice(0, MAX_NAME));
    } else if (name === 'skipped' && test?.state === 'passed') test.state = 'warned';
  });
  parser.on('closetag', ({ name }) => {
    depth -= 1;
    if (name === 'testcase' && test !== undefined) {
      collected[test.state].push(test.name);
      if (test.state === 'failed') for (const suite of suites) suite.unexplained -= 1;
      test = undefined;
    } else if (name === 'testsuite') {
      const suite = suites.pop();
      if (suite !== undefined && suite.unexplained > 0) collected.failed.push(suite.name.slice(0, MAX_NAME));
    }
  });
  parser.write(text).close();
  return collected;
}

function countOf({ failures, errors }: Readonly<Record<string, string>>): number {
  const count = (value: string | undefined) => (value !== undefined && /^\d{1,9}$/.test(value) ? Number(value) : 0);
  return count(failures) + count(errors);
}

function nameOf({ classname, name }: Readonly<Record<string, string>>): string {
  const whole = [classname, name].filter(Boolean).join('.');
  return (whole === '' ? 'a test without a name' : whole).slice(0, MAX_NAME);
}
