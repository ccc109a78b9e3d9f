import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { CALENDAR_YEAR, type SeedOptions } from "./seed/seed.ts";

/** What a client needs: HTTP Basic user and password, and the SOAP header's site and company. */
const Credentials = z.strictObject({
  user: z.string().min(1),
  password: z.string().min(1),
  siteId: z.string().min(1),
  siteKey: z.string().min(1),
  companyId: z.string().min(1).max(10),
});
/** Credentials as stored in the home and printed at the start. */
export type Credentials = Readonly<z.infer<typeof Credentials>>;

const StoredSite = z.strictObject({
  credentials: Credentials,
  seed: z.strictObject({
    companyId: z.string(),
    firstPeriod: z.string().regex(/^\d{6}$/),
    currentPeriod: z.string().regex(/^\d{6}$/),
    baseCurrency: z.string(),
    periodEnds: z
      .array(z.string().regex(/^\d{4}$/))
      .min(12)
      .max(13),
    multiCurrency: z.boolean(),
  }),
});

/** What a site can be made with; a home that exists keeps its seed. */
export type SiteOptions = Readonly<{
  /** Given credentials; what is missing is made up once per home. */
  credentials?: Partial<Credentials>;
  /** First open period of AR and GL; default: the first of the present year. */
  firstPeriod?: string;
  /** Default USD; one of the seeded currencies. */
  baseCurrency?: string;
  /** Period ends `MMDD`; default: the twelve months. */
  periodEnds?: readonly string[];
  /** `GLSetup.MCActive`; default true. */
  multiCurrency?: boolean;
}>;

/** A site: who may call it and what it was seeded with. */
export type Site = Readonly<{ credentials: Credentials; seed: SeedOptions }>;

/** The site of this home: as stored on an earlier start, else made from the options and stored. */
export function openSite(home: string | undefined, options: SiteOptions, nowMs: number): Site {
  const path = home === undefined ? undefined : join(home, "site.json");
  if (path !== undefined && existsSync(path)) {
    const stored = StoredSite.parse(JSON.parse(readFileSync(path, "utf8")));
    const credentials = { ...stored.credentials, ...options.credentials };
    return { credentials, seed: { ...stored.seed, companyId: credentials.companyId } };
  }
  const site = newSite(options, nowMs);
  if (home !== undefined && path !== undefined) {
    mkdirSync(home, { recursive: true });
    writeFileSync(path, `${JSON.stringify(site, null, 2)}\n`, { mode: 0o600 });
  }
  return site;
}

function newSite(options: SiteOptions, nowMs: number): Site {
  const secret = (): string => randomBytes(15).toString("base64url");
  const credentials = Credentials.parse({
    user: "slipway",
    password: secret(),
    siteId: "DEMO",
    siteKey: secret(),
    companyId: "0060",
    ...options.credentials,
  });
  const today = new Date(nowMs).toISOString();
  return StoredSite.parse({
    credentials,
    seed: {
      companyId: credentials.companyId,
      firstPeriod: options.firstPeriod ?? `${today.slice(0, 4)}01`,
      currentPeriod: today.slice(0, 4) + today.slice(5, 7),
      baseCurrency: options.baseCurrency ?? "USD",
      periodEnds: [...(options.periodEnds ?? CALENDAR_YEAR)],
      multiCurrency: options.multiCurrency ?? true,
    },
  });
}
