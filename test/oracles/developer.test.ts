// Tests the schemes of tools of developers against the providers' own SDKs.
import { verify as githubVerify } from '@octokit/webhooks-methods';
import { expect, it } from 'vitest';
import { bytes, NOW, ours, signedBy, theirs } from './support.ts';

it('github: octokit takes what Surehook signs', async () => {
  const request = signedBy('github', { rawBody: bytes('{"a":1}'), secret: 'a secret', now: NOW });
  const judge = ({ headers, rawBody, secret }: typeof request) =>
    githubVerify(secret, rawBody.toString(), headers['x-hub-signature-256'] ?? '');
  expect([ours('github', request), await theirs(judge, request)]).toEqual([true, true]);
});
