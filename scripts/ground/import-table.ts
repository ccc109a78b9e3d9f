/** What a zone of the source may import from another zone of ours. */
export type Grant = Readonly<{ zone: string; typesOnly: boolean }>;

/** A part of the source with its own row in the import table. */
export type Zone = Readonly<{
  name: string;
  /** Paths that begin with one of these belong to it; the longest beginning decides. */
  paths: readonly string[];
  /** `"anything"`, or the zones it may import besides itself. */
  may: "anything" | readonly Grant[];
  /** npm packages that it may import; Node's own modules are free. */
  packages: readonly string[];
  /** The files that outsiders may import; none named means `index.ts` or `port.ts`, if there. */
  faces?: readonly string[];
}>;

const grants = (list: string): Grant[] =>
  list
    .split(" ")
    .filter((name) => name !== "")
    .map((name) => ({ zone: name.replace(/\?$/, ""), typesOnly: name.endsWith("?") }));

/** A question mark behind a zone means: types only. */
function zone(
  name: string,
  may: string,
  rest: { packages?: string; paths?: readonly string[]; faces?: readonly string[] } = {},
): Zone {
  const paths = rest.paths ?? [`src/${name}/`];
  const packages = (rest.packages ?? "").split(" ").filter((word) => word !== "");
  const faces = rest.faces;
  return { name, paths, may: grants(may), packages, ...(faces === undefined ? {} : { faces }) };
}

/** What there is of money at Stripe: a file for each kind. */
const CANONICAL_KINDS = [
  "balance.ts",
  "dispute.ts",
  "payout.ts",
  "refund.ts",
  "report.ts",
  "swept.ts",
];

/**
 * Who may import whom. docs/architecture.md shows this table, generated from here.
 *
 * The domain stands at the bottom; SL's words stay in erp/ctapi and Stripe's in stripe; concrete
 * parts are joined by `compose`, which the `launch` commands of the CLI start.
 */
export const ZONES: readonly Zone[] = [
  zone("base", "", { packages: "pino" }),
  zone("canonical", "base", {
    faces: ["port.ts", "sale.ts", "setup.ts", ...CANONICAL_KINDS],
  }),
  zone("config", "base erp", { packages: "zod yaml" }),
  zone("db", "base", { packages: "pg" }),
  zone("erp", "base", {
    faces: [
      ...["port.ts", "compare.ts", "columns.ts", "lookups.ts", "taxes.ts", "journal.ts"],
      ...["touches.ts", "choices.ts"],
    ],
  }),
  zone("events", "base db", { packages: "pg" }),
  zone("hub-events", "base", { packages: "zod" }),
  zone("lanes", "base db hub-events", { packages: "pg" }),
  zone("links", "base db hub-events", { packages: "pg" }),
  zone("subscribers", "base db config hub-events", { packages: "pg" }),
  zone("intake", "base db events lanes", { packages: "pg fastify" }),
  zone("ledger", "base db canonical config? lanes mapping", { packages: "pg" }),
  zone("pull", "base db canonical events lanes intake ledger", { packages: "pg" }),
  zone("backfill", "base db canonical config? erp? lanes ledger mapping", {
    packages: "pg",
  }),
  zone("alerts", "base canonical? config? db lanes ledger pull runs subscribers", {
    packages: "nodemailer pg",
  }),
  zone("mapping", "base canonical erp config?"),
  zone("writeback", "base canonical erp config?"),
  zone(
    "runs",
    "base db events hub-events lanes ledger links canonical mapping writeback erp config?",
    {
      packages: "pg",
    },
  ),
  zone("papers", "base", { packages: "fflate pdfkit" }),
  zone("proof", "base db canonical config? erp ledger mapping papers runs", { packages: "pg" }),
  zone("watch", "base db config? erp lanes mapping runs", { packages: "pg" }),
  zone("lookups", "base db erp lanes links runs", { packages: "pg" }),
  zone("stripe", "base canonical writeback config?", { packages: "stripe" }),
  zone("erp/ctapi", "base erp"),
  zone(
    "api",
    [
      "base alerts backfill canonical? db erp? events hub-events lanes ledger links lookups pull",
      "runs papers proof subscribers watch",
      "config?",
    ].join(" "),
    { packages: "fastify pg prom-client zod", faces: ["index.ts", "contract.ts"] },
  ),
  zone("pairs", "base canonical? config db erp? lanes runs api?", { packages: "pg yaml" }),
  zone(
    "doctor",
    "base alerts canonical? config db erp lanes mapping pairs pull runs subscribers api?",
    {
      packages: "pg",
    },
  ),
  zone("demo", "base api cli", { packages: "stripe" }),
  zone("demo/year", "base api cli config db demo launch"),
  zone("cli", "base config db api demo? demo/year? launch", {
    packages: "commander zod yaml @clack/prompts",
  }),
  {
    name: "launch",
    paths: [
      ...["start", "serve", "sandbox", "demo"].map((name) => `src/cli/commands/${name}.ts`),
      "src/demo/year/hub-main.ts",
    ],
    may: "anything",
    packages: ["commander"],
  },
  {
    name: "compose",
    paths: ["", "-answering", "-looks", "-watches"].map((part) => `src/compose${part}.ts`),
    may: "anything",
    packages: ["fastify", "pg"],
  },
];

/** Files of src that something other than an import starts. */
export const ENTRY_POINTS: readonly string[] = ["src/cli/main.ts", "src/demo/year/hub-main.ts"];

/** The zone of a file of src, or undefined when no row names it. */
export function zoneOf(path: string, zones: readonly Zone[] = ZONES): Zone | undefined {
  let best: { zone: Zone; length: number } | undefined;
  for (const candidate of zones) {
    for (const prefix of candidate.paths) {
      if (path.startsWith(prefix) && prefix.length > (best?.length ?? 0)) {
        best = { zone: candidate, length: prefix.length };
      }
    }
  }
  return best?.zone;
}
