// The URL of a listener.

/** Where a listener on this host and port is reached from this machine. */
export function toOrigin(host: string, port: number): string {
  const reached = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  return `http://${reached.includes(':') ? `[${reached}]` : reached}:${port}`;
}
