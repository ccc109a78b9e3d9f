import type { Mutant } from "./mutants-list.ts";

const COLLECTED = "src/runs/summary/collected-store.ts";
const SUMMARY_RUN = "src/runs/summary/summary-run.ts";

/** Guards of `summary: daily`. */
export const SUMMARY_MUTANTS: readonly Mutant[] = [
  {
    name: "late-sale-in-booked-day",
    breaks: "a sale that comes after its day's documents is in none of them",
    patches: [
      {
        file: COLLECTED,
        find: "o.customer_id || ':')), 0)",
        replace: "o.customer_id || ':')) - 1, 0)",
      },
    ],
  },
  {
    name: "day-fixed-again",
    breaks: "what is in a day's documents is fixed before they are sent, and stays so",
    patches: [
      {
        file: COLLECTED,
        find: "c.day = $2 and c.part is null and c.collected_at > $4",
        replace: "c.day = $2 and c.collected_at > $4",
      },
    ],
  },
  {
    name: "day-booked-by-each",
    breaks: "whoever closes a day again finds what was booked of it",
    patches: [
      {
        file: SUMMARY_RUN,
        find: '...{ object, purpose: "summary", part: part.part },',
        replace: '...{ object, purpose: "summary", part: part.part + context.lane.owner },',
      },
    ],
  },
  {
    name: "summed-charge-not-owned",
    breaks: "a day's payment owns the rows of all its charges",
    patches: [
      {
        file: SUMMARY_RUN,
        find: "const owners = ownersOf(paid);",
        replace: "const owners = ownersOf(paid.slice(0, 1));",
      },
    ],
  },
];
