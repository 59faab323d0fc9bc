import { describe, expect, test } from 'vitest';
import { readCloudEvent } from '../../../../services/gateway/cloud-event-request.ts';

const body = new TextEncoder().encode('{"a":1}');
const binary = { 'content-type': 'application/json; charset=utf-8', 'ce-specversion': '1.0', 'ce-type': 't' };

// cloudevents/spec, bindings/http-protocol-binding.md
describe('CloudEvents over HTTP', () => {
  test('structured mode is the body', () => {
    expect(readCloudEvent({ 'content-type': 'application/cloudevents+json; charset=UTF-8' }, body)).toEqual({ a: 1 });
  });

  // 3.1.3.1 and 3.1.3.2: one header an attribute; values percent-encoded, perhaps quoted.
  test('binary mode puts the headers around the body', () => {
    const headers = { ...binary, 'ce-id': 'Euro%20%E2%82%AC%20%F0%9F%98%80', 'ce-source': '"/a \\"b\\""', other: 'x' };
    expect(readCloudEvent(headers, body)).toEqual({
      specversion: '1.0',
      type: 't',
      id: 'Euro € 😀',
      source: '/a "b"',
      datacontenttype: 'application/json',
      data: { a: 1 },
    });
  });

  test('a header that is not percent-encoded UTF-8 is named', () => {
    expect(() => readCloudEvent({ ...binary, 'ce-id': '%ff' }, body)).toThrow(
      expect.objectContaining({ code: 'EVENT_FIELD_INVALID', place: 'ce-id' }),
    );
  });

  test.each([
    ['no content type', {}],
    ['JSON without the headers', { 'content-type': 'application/json' }],
    ['a batch', { 'content-type': 'application/cloudevents-batch+json' }],
    ['another type with the headers', { ...binary, 'content-type': 'application/xml' }],
  ])('%s is 415', (_, headers) => {
    expect(() => readCloudEvent(headers, body)).toThrow(expect.objectContaining({ status: 415 }));
  });
});
