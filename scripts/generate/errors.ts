import { ERROR_CODES } from "../../src/base/error-codes.ts";
import { type Generator, markdownTable } from "./generated.ts";

type Area = Readonly<{ name: string; title: string }>;

const AREAS: readonly Area[] = [
  { name: "intake", title: "Webhooks coming in" },
  { name: "mapping", title: "Mapping a sale to SL documents" },
  { name: "erp", title: "Dynamics SL" },
  { name: "conflict", title: "Conflicts, which are never guessed" },
  { name: "reverse", title: "Reversing what is booked" },
  { name: "stripe", title: "Stripe" },
  { name: "config", title: "Settings" },
  { name: "db", title: "Database" },
  { name: "money", title: "Money" },
  { name: "lane", title: "Lanes" },
  { name: "run", title: "Runs" },
  { name: "lookup", title: "Look-ups in SL" },
  { name: "golive", title: "Going live" },
  { name: "backfill", title: "Backfills" },
  { name: "api", title: "API and CLI" },
  { name: "start", title: "Starting the parts" },
  { name: "bug", title: "Mistakes of the hub itself" },
];

const RETRY_WORDS = {
  never: "no",
  backoff: "by itself, on a schedule",
  after_fix: "after the cure",
} as const;

const INTRO = `# Error codes

Generated from \`src/base/error-codes.ts\` by \`npm run generate\`; a check refuses a stale copy.

A code stays what it is from version to version. **Tried again** says what the hub does: _by itself_
means on the written schedule of [operating.md](operating.md#retries), _after the cure_ means that
the run is parked for a person or the pair is paused, _no_ means that the caller was told.
`;

/** `docs/errors.md`: every code with its category, what the hub does, and the cure. */
export const generateErrors: Generator = () => {
  const codes = Object.entries(ERROR_CODES);
  const areaOf = (code: string) => code.split(".")[0] ?? "";
  const known = new Set(AREAS.map((area) => area.name));
  const unknown = [...new Set(codes.map(([code]) => areaOf(code)))]
    .filter((name) => !known.has(name))
    .map((name) => ({ name, title: name }));
  const sections = [...AREAS, ...unknown].flatMap(({ name, title }) => {
    const rows = codes
      .filter(([code]) => areaOf(code) === name)
      .map(([code, entry]) => [
        `\`${code}\``,
        entry.category,
        RETRY_WORDS[entry.retry],
        entry.cure,
      ]);
    if (rows.length === 0) return [];
    return [`## ${title}\n\n${markdownTable(["Code", "Category", "Tried again", "Cure"], rows)}\n`];
  });
  return { path: "docs/errors.md", text: `${INTRO}\n${sections.join("\n")}` };
};
