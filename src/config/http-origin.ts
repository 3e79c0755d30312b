// The URL of a listener, and the path of the operator API on it.

/** The operator API's routes are under it: the root of that listener is for a page. */
export const OPERATOR_API_PATH = '/api/v1';

/** Where a listener on this host and port is reached from this machine. */
export function toOrigin(host: string, port: number): string {
  const reached = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  return `http://${reached.includes(':') ? `[${reached}]` : reached}:${port}`;
}
