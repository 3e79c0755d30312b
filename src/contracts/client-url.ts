// Judges a URL that a client has given: whether it may be called at all, and whether its host's addresses may.
import ipaddr from 'ipaddr.js';
import { isLoopbackAddress, whyNotPublic } from './public-address.ts';

/** The rules for the URLs of clients, which are hostile until shown otherwise. */
export interface ClientUrlGuard {
  /** For development and tests: a URL may name this machine, and then by plain http, too. */
  allowLoopback: boolean;
}

/** The error of a URL that a client may not give, and of an attempt whose host turned out to have such an address. */
export const URL_NOT_ALLOWED = 'url_not_allowed';

/** Characters. Common clients and proxies take no longer ones. */
const URL_MAX_LENGTH = 2_048;
/** DNS has no longer names, RFC 1035. */
const NAME_MAX_LENGTH = 253;
/** `\` is `/` to a browser and not to others; the rest is what a person does not see. */
const STRANGE = /[\s\p{C}\p{Default_Ignorable_Code_Point}\\]/u;
/** WHATWG's parser also takes `https:host` and `https:///host`, which others read in another way. */
const BEGINNING = /^https?:\/\/([^/?#]+)/i;
const LABEL = /^[a-z0-9_-]{1,63}$/;

/** Ends of names that only a network of its own knows: of RFCs, of ICANN's list of collisions, and of common software. */
const PRIVATE_NAMES = [
  ...['localhost', 'local', 'localdomain', 'internal', 'metadata.goog', 'home.arpa', 'onion', 'alt'],
  ...['lan', 'home', 'corp', 'intranet', 'intra', 'private', 'svc', 'consul'],
];
/** Names of this machine that `allowLoopback` allows. */
const LOOPBACK_NAME = /^(.+\.)?localhost$/;

/** Below it are ports of mail, shells, files and directories: of them only that of https is open. */
const FREE_PORTS_FROM = 1_024;
/** Those from 1,024 on that no browser calls, since they are of other protocols (Fetch standard, "bad port"). */
const BAD_PORTS = new Set([
  ...[1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566],
  ...[6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080],
]);

/**
 * What can be told without asking a resolver. The answer may still be no when the host's addresses are known.
 *
 * @returns what is wrong and how to mend it; undefined if nothing is
 */
export function refusalOf(text: string, guard: ClientUrlGuard): string | undefined {
  if (text.length > URL_MAX_LENGTH) {
    return `the URL has ${text.length} characters; the most is ${URL_MAX_LENGTH}`;
  }
  if (STRANGE.test(text)) {
    return 'the URL has white space, a backslash or a character that cannot be seen; percent-encode it';
  }
  if (!URL.canParse(text)) return 'expected a URL such as https://example.com/hooks';
  const url = new URL(text);
  return (
    refusalOfForm(text, url) ??
    refusalOfHost(withoutBrackets(url.hostname), guard) ??
    refusalOfScheme(url, guard) ??
    refusalOfPort(url)
  );
}

/**
 * The second look, when a connection is about to be opened: the addresses that were found are the ones that are
 * connected to. One bad address refuses the name, since a name with a public and a private one is an attack.
 *
 * @param protocol `https:` or `http:`; plain http goes to this machine only
 * @returns what is wrong; undefined if nothing is
 */
export function refusalOfAddresses(
  { hostname, protocol, addresses }: { hostname: string; protocol: string; addresses: readonly string[] },
  { allowLoopback }: ClientUrlGuard,
): string | undefined {
  for (const address of addresses) {
    const isOwn = allowLoopback && isLoopbackAddress(address);
    const fault = isOwn ? undefined : whyNotPublic(address);
    const has = hostname === address ? hostname : `${hostname} has the address ${address}, which`;
    if (fault !== undefined) return `${has} is ${fault}; a client's URL leads to public addresses only`;
    if (protocol !== 'https:' && !isOwn) return `${has} is not this machine; use https`;
  }
  return undefined;
}

function refusalOfForm(text: string, { protocol, username, password }: URL): string | undefined {
  if (protocol !== 'https:' && protocol !== 'http:') {
    return `the scheme ${protocol.slice(0, 20)} is not allowed; use https`;
  }
  const [, authority] = BEGINNING.exec(text) ?? [];
  if (authority === undefined) return 'expected two slashes and a host after https:';
  if (username !== '' || password !== '' || authority.includes('@')) {
    return 'the URL has a user name or password before an @; leave it out';
  }
  return undefined;
}

function refusalOfHost(host: string, { allowLoopback }: ClientUrlGuard): string | undefined {
  if (ipaddr.isValid(host)) {
    const fault = allowLoopback && isLoopbackAddress(host) ? undefined : whyNotPublic(host);
    return fault && `the address ${host} is ${fault}; use a host that the whole internet reaches`;
  }
  const name = host.replace(/\.$/, '');
  if (allowLoopback && LOOPBACK_NAME.test(name)) return undefined;
  const labels = name.split('.');
  if (name.length > NAME_MAX_LENGTH || !labels.every((label) => LABEL.test(label))) {
    return 'the host is not a name of the DNS; use one such as example.com';
  }
  const end = PRIVATE_NAMES.find((one) => name === one || name.endsWith(`.${one}`));
  if (end !== undefined) {
    return `names in ${end} are of private networks; use a host that the whole internet knows`;
  }
  return labels.length > 1
    ? undefined
    : `the host ${name} has no dot; use its full name, such as example.com`;
}

function refusalOfScheme({ protocol, hostname }: URL, { allowLoopback }: ClientUrlGuard): string | undefined {
  if (protocol === 'https:') return undefined;
  if (!allowLoopback) return 'http is not encrypted; use https';
  const host = withoutBrackets(hostname);
  const isOwn = isLoopbackAddress(host) || LOOPBACK_NAME.test(host.replace(/\.$/, ''));
  return isOwn ? undefined : 'http is for this machine only; use https';
}

function refusalOfPort({ port }: URL): string | undefined {
  if (port === '') return undefined; // that of the scheme
  const number = Number(port);
  if (number >= FREE_PORTS_FROM && !BAD_PORTS.has(number)) return undefined;
  return `the port ${port} is of another protocol; use 443, or one from ${FREE_PORTS_FROM} on that browsers call`;
}

function withoutBrackets(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}
