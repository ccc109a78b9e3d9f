/** What the sandbox Stripe says when it is up. */
export type StripeSandboxReady = Readonly<{ url: string; secretKey: string }>;

/** What the sandbox Dynamics SL says when it is up. */
export type SlSandboxReady = Readonly<{
  url: string;
  user: string;
  password: string;
  siteId: string;
  siteKey: string;
  companyId: string;
}>;
