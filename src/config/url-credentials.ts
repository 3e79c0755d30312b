// Finds a user and password in a URL to which Surehook sends.

export const CREDENTIALS_IN_URL =
  "a user or password in a URL is not sent: leave them out, and set headers: { authorization: secret('NAME') }";

export function hasCredentials(value: string): boolean {
  const url = URL.parse(value);
  return url !== null && (url.username !== '' || url.password !== '');
}
