// Tests which address counts as the client's, by what trusted proxies and everybody else write into the headers.
import { describe, expect, it } from 'vitest';
import { clientAddress, type ForwardedHeader } from '../../src/api/http/forwarded-for.ts';

const PROXY = '10.0.0.1';
const trustedProxies = ['10.0.0.0/8', 'fd00::/8'];
const ofXForwardedFor = (list: string, peer = PROXY) =>
  clientAddress(peer, { 'x-forwarded-for': list }, { trustedProxies });
const ofForwarded = (forwarded: string, peer = PROXY) =>
  clientAddress(peer, { forwarded }, { trustedProxies });

describe('X-Forwarded-For of a trusted proxy', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['192.0.2.1:5678', '192.0.2.1'],
    ['2001:db8::1', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['[2001:db8::1]:443', '2001:db8::1'],
    ['::ffff:192.0.2.1', '::ffff:192.0.2.1'],
    ['203.0.113.5, 192.0.2.1 , 10.0.0.2:80', '192.0.2.1'],
    ['192.0.2.1, [fd00::2]:443, 10.0.0.2', '192.0.2.1'],
    ['10.0.0.3, 10.0.0.2', '10.0.0.3'],
  ])('%j names %s', (list, expected) => {
    expect(ofXForwardedFor(list)).toBe(expected);
  });

  it.each([
    ['', PROXY],
    ['nonsense', PROXY],
    ['192.0.2.1, unknown', PROXY],
    ['192.0.2.1, unknown, 10.0.0.2', '10.0.0.2'],
    ['192.0.2.1,, 10.0.0.2', '10.0.0.2'],
    ['192.0.2.1:123456', PROXY],
    ['192.0.2.1:', PROXY],
    ['192.0.2.256', PROXY],
    ['192.0.2', PROXY],
    ['0x7f000001', PROXY],
    ['[192.0.2.1]', PROXY],
    ['[2001:db8::1', PROXY],
    ['2001:db8::1]:443', PROXY],
    ['fe80::1%eth0', PROXY],
    ['"192.0.2.1"', PROXY],
  ])('whose entry is malformed ends the walk: %j counts as %s', (list, expected) => {
    expect(ofXForwardedFor(list)).toBe(expected);
  });
});

describe('Forwarded of a trusted proxy', () => {
  it.each([
    ['for=192.0.2.1', '192.0.2.1'],
    ['For="192.0.2.1:5678";proto=https', '192.0.2.1'],
    ['for="[2001:db8::1]:80"', '2001:db8::1'],
    ['proto=https; by=10.0.0.1; for="[2001:db8::1]"', '2001:db8::1'],
    ['for=203.0.113.5, for=192.0.2.1, for="[fd00::2]:80"', '192.0.2.1'],
    ['for="192.0.2\\.1"', '192.0.2.1'],
    ['for=192.0.2.9;host="a, for=203.0.113.5; b"', '192.0.2.9'],
  ])('%j names %s', (forwarded, expected) => {
    expect(ofForwarded(forwarded)).toBe(expected);
  });

  it.each([
    ['for=unknown', PROXY],
    ['for=_hidden', PROXY],
    ['proto=https', PROXY],
    ['for=192.0.2.1, proto=https', PROXY],
    ['for=192.0.2.1, for=_hidden, for=10.0.0.2', '10.0.0.2'],
    ['for="192.0.2.1', PROXY],
    ['for=203.0.113.5, for="x", host="', PROXY],
    ['192.0.2.1', PROXY],
  ])('whose entry names no address ends the walk: %j counts as %s', (forwarded, expected) => {
    expect(ofForwarded(forwarded)).toBe(expected);
  });
});

it('a peer that is no trusted proxy counts itself, whatever it says', () => {
  expect(ofXForwardedFor('192.0.2.1', '203.0.113.5')).toBe('203.0.113.5');
  expect(ofForwarded('for=192.0.2.1', '203.0.113.5')).toBe('203.0.113.5');
});

describe('of two headers', () => {
  const both = { 'x-forwarded-for': '192.0.2.1', forwarded: 'for=203.0.113.5' };
  const of = (forwardedHeader?: ForwardedHeader, headers = both) =>
    clientAddress(PROXY, headers, { trustedProxies, forwardedHeader });

  it('X-Forwarded-For counts, unless the setting names the other', () => {
    expect(of()).toBe('192.0.2.1');
    expect(of('x-forwarded-for')).toBe('192.0.2.1');
    expect(of('forwarded')).toBe('203.0.113.5');
  });

  it('the one that the setting does not name is never believed', () => {
    const { 'x-forwarded-for': list, forwarded } = both;
    expect(clientAddress(PROXY, { forwarded }, { trustedProxies, forwardedHeader: 'x-forwarded-for' })).toBe(
      PROXY,
    );
    expect(
      clientAddress(PROXY, { 'x-forwarded-for': list }, { trustedProxies, forwardedHeader: 'forwarded' }),
    ).toBe(PROXY);
  });
});
