import { describe, expect, it } from 'vitest';
import { readJunit, testResultSchema } from '../../../../domain/trust/test-result.ts';

const suite = (body: string, attributes = '') =>
  `<testsuites><testsuite name="unit"${attributes}>${body}</testsuite></testsuites>`;
const test = (name: string, body = '') => `<testcase classname="shop" name="${name}">${body}</testcase>`;

describe('JUnit', () => {
  it.each([
    ['all passed', suite(test('a') + test('b')), 'PASSED', [['shop.a', 'shop.b'], [], []]],
    ['one failed', suite(test('a') + test('b', '<failure/>')), 'FAILED', [['shop.a'], [], ['shop.b']]],
    ['one broke', suite(test('a', '<error message="x"/>')), 'FAILED', [[], [], ['shop.a']]],
    ['one was skipped', suite(test('a') + test('b', '<skipped/>')), 'WARNED', [['shop.a'], ['shop.b'], []]],
    ['skipped and failed', suite(test('b', '<skipped/><failure/>')), 'FAILED', [[], [], ['shop.b']]],
    ['its suite broke', suite(`${test('a')}<error/>`), 'FAILED', [['shop.a'], [], ['unit']]],
    ['it counts what it does not show', suite(test('a'), ' failures="1"'), 'FAILED', [['shop.a'], [], ['unit']]],
    ['it counts what it shows', suite(test('a', '<failure/>'), ' failures="1"'), 'FAILED', [[], [], ['shop.a']]],
    ['a suite alone', `<testsuite><testcase name="a"/></testsuite>`, 'PASSED', [['a'], [], []]],
    [
      'a system-out that looks like one',
      suite(test('a', '<system-out><![CDATA[<failure/>]]></system-out>')),
      'PASSED',
      [['shop.a'], [], []],
    ],
  ])('%s', (_, text, result, [passedTests, warnedTests, failedTests]) => {
    const read = readJunit(text);
    expect(read).toEqual({ result, configuration: [], passedTests, warnedTests, failedTests });
    expect(testResultSchema.safeParse(read).success).toBe(true);
  });

  it.each([
    ['no tests', '<testsuites/>', 'TEST_REPORT_EMPTY'],
    ['another document', '<bom/>', 'TEST_REPORT_MALFORMED'],
    ['cut short', suite(test('a')).slice(0, -20), 'TEST_REPORT_MALFORMED'],
    ['a DTD', `<!DOCTYPE a [<!ENTITY b "c">]>${suite(test('a'))}`, 'TEST_REPORT_MALFORMED'],
    ['nested without end', '<testsuite>'.repeat(100), 'TEST_REPORT_MALFORMED'],
    ['too many', suite(test('a').repeat(100_001)), 'TEST_REPORT_TOO_LARGE'],
  ])('%s: refused', (_, text, code) => {
    expect(() => readJunit(text)).toThrow(expect.objectContaining({ code }));
  });
});
