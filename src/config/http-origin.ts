// The URL of a listener, and the path of the operator API on it.

/** The path above the routes of the operator API: the root of the operator listener stays free for a page. */
export const OPERATOR_API_PATH = '/api/v1';

/** @returns the URL at which this machine reaches a listener on the host and port */
export function toOrigin(host: string, port: number, scheme: 'http' | 'https' = 'http'): string {
  const reached = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  return `${scheme}://${reached.includes(':') ? `[${reached}]` : reached}:${port}`;
}
