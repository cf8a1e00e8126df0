/**
 * Stands in for the SDK's default credential chain in bundles. On Lambda credentials are always in the environment;
 * the chain's other sources (profiles, SSO, web identity, instance metadata) are 90 kB that would be loaded at every
 * cold start and never used.
 */
export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env';
