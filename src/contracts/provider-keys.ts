// The port by which the ingress gets public keys of providers.

/** What a request is verified with beside the secrets of its source: PEM by URL, and JWK by key id. */
export interface ProviderKeysFetched {
  certificates?: Readonly<Record<string, string>>;
  jwks?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** @throws Error if the key cannot be had now */
export type FetchProviderKey<Need> = (need: Need) => Promise<ProviderKeysFetched>;
