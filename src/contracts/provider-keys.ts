// The ports by which the ingress asks providers: for their public keys, and for more webhooks.

/** What a request is verified with beside the secrets of its source: PEM by URL, and JWK by key id. */
export interface ProviderKeysFetched {
  certificates?: Readonly<Record<string, string>>;
  jwks?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** @throws Error if the key cannot be had now */
export type FetchProviderKey<Need> = (need: Need) => Promise<ProviderKeysFetched>;

/**
 * Visits the address by which a provider is told that its webhooks are wanted.
 *
 * @throws Error if the provider has not answered with a 2xx
 */
export type VisitProvider = (url: string) => Promise<void>;
