/** Calls of the gateway that must be refused, each with what its sender must hear. */
export interface Refusal {
  readonly name: string;
  readonly path: '/hooks/distribution' | '/events';
  /** `right` and `wrong` are secrets or tokens of the path; `none` sends no header. */
  readonly credential: 'right' | 'wrong' | 'none';
  readonly contentType: string;
  readonly body: string;
  readonly status: number;
  readonly code: string;
}

const DISTRIBUTION = 'application/vnd.docker.distribution.events.v2+json';
const CLOUD_EVENT = 'application/cloudevents+json';

const hook = { path: '/hooks/distribution', credential: 'right', contentType: DISTRIBUTION } as const;
const source = { path: '/events', credential: 'right', contentType: CLOUD_EVENT } as const;

export const refusals: readonly Refusal[] = [
  { ...hook, name: 'a wrong secret', credential: 'wrong', body: '{"events":[]}', status: 401, code: 'UNAUTHENTICATED' },
  { ...hook, name: 'no secret', credential: 'none', body: '{"events":[]}', status: 401, code: 'UNAUTHENTICATED' },
  { ...hook, name: 'half of JSON', body: '{"events": [', status: 400, code: 'EVENT_NOT_JSON' },
  {
    ...hook,
    name: 'fields of other types',
    body: JSON.stringify({ events: 7 }),
    status: 400,
    code: 'EVENT_FIELD_INVALID',
  },
  {
    ...hook,
    name: 'a media type of somebody else',
    contentType: 'text/xml',
    body: '<events/>',
    status: 415,
    code: 'UNSUPPORTED_MEDIA_TYPE',
  },
  {
    ...hook,
    name: 'more than a mebibyte',
    body: JSON.stringify({ events: ['x'.repeat(1024 * 1024)] }),
    status: 413,
    code: 'TOO_LARGE',
  },
  { ...source, name: 'a token nobody made', credential: 'wrong', body: '{}', status: 401, code: 'UNAUTHENTICATED' },
  { ...source, name: 'no token', credential: 'none', body: '{}', status: 401, code: 'UNAUTHENTICATED' },
  { ...source, name: 'an event without its fields', body: '{}', status: 400, code: 'EVENT_FIELD_INVALID' },
  { ...source, name: 'no JSON', body: 'build finished!', status: 400, code: 'EVENT_NOT_JSON' },
];
