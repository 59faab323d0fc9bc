import type { GatewayServer } from './gateway-server.ts';

/** Gives the routes of this scope their body as bytes, whatever the content type, up to the server's limit. */
export function readRawBody(scope: GatewayServer): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
}
