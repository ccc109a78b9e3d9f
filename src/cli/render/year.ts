import type { ProofOfCurrency } from "../../api/contract.ts";
import type { Strange } from "../../demo/year/strangest.ts";
import type { Progress, YearAsked, YearEnd, YearTeller } from "../../demo/year/year.ts";
import type { Terminal } from "../terminal.ts";
import { renderEntries } from "./entries.ts";
import { renderTable } from "./table.ts";

/** Where the year is told. */
export type YearScreen = Pick<Terminal, "write" | "paint" | "width"> &
  Readonly<{
    isJson: boolean;
    /** Whether a line can be written over: somebody looks on. */
    isLive: boolean;
  }>;

/** Tells a year: for people in lines, for programs in one JSON object a line. */
export type ToldYear = YearTeller &
  Readonly<{
    starting(home: string): void;
    /** @returns whether all of it is right */
    end(end: YearEnd): boolean;
    keeping(urls: object): void;
    stopped(): void;
  }>;

const ERASE_LINE = "\r\u001b[2K";
/** A failed day or parked run after so many is one of a kind. */
const TOLD_MAX = 20;

export function createYearTeller(screen: YearScreen, asked: YearAsked): ToldYear {
  const startedMs = performance.now();
  const seconds = () => (performance.now() - startedMs) / 1000;
  return screen.isJson ? jsonTeller(seconds) : personTeller(screen, { asked, seconds });
}

function jsonTeller(seconds: () => number): ToldYear {
  const print = (step: string, facts: object) => console.log(JSON.stringify({ step, ...facts }));
  return {
    starting: (home) => print("starting", { home }),
    day: (progress, proofs) =>
      print("day", {
        ...progress,
        seconds: Math.round(seconds()),
        proofs: proofs.map(({ currency, difference, isProven }) => {
          return { currency, difference, isProven };
        }),
      }),
    month: ({ close, voided }) =>
      print("month", {
        ...{ period: close.period, isClosable: close.isClosable, voided },
        open: close.items.filter(({ state }) => state === "open"),
      }),
    end: (end) => {
      const isRight = isRightEnd(end);
      print("end", { isRight, seconds: Math.round(seconds()), ...end });
      return isRight;
    },
    keeping: (urls) => print("keeping", urls),
    stopped: () => print("stopped", {}),
  };
}

type Telling = Readonly<{ asked: YearAsked; seconds: () => number }>;

function personTeller(screen: YearScreen, { asked, seconds }: Telling): ToldYear {
  const { write, paint, isLive } = screen;
  const say = (text: string) => {
    if (isLive) process.stdout.write(ERASE_LINE);
    write(text);
  };
  return {
    starting: (home) => {
      const { seed, transactions, months, from, faults } = asked;
      say(paint.strong(`A trading year: ${months} months from ${from}, seed ${seed}`));
      say(
        `About ${transactions} balance transactions, ` +
          (faults === undefined ? "nothing fails" : failing(faults)),
      );
      say(`Everything in ${home}`);
    },
    day: (progress, proofs) => {
      for (const { isProven, day, difference } of proofs) {
        if (!isProven) say(paint.bad(`${day}  difference ${difference}`));
      }
      const line = progressLine(progress, seconds());
      if (isLive) process.stdout.write(`${ERASE_LINE}${line}`);
      else if (progress.day.endsWith("-15")) say(line);
    },
    month: ({ close, voided }) => {
      const open = close.items.filter(({ state }) => state === "open");
      const words = close.isClosable
        ? paint.good("closed")
        : paint.bad(`open: ${open.map(({ name, text }) => `${name}, ${text}`).join("; ")}`);
      const hands = voided.length === 0 ? "" : `, empty batches voided in SL: ${voided.length}`;
      say(`${close.period}  ${words}, ${close.documents.count} documents${hands}`);
    },
    end: (end) => {
      for (const part of endOf(end, seconds(), screen)) say(part);
      return isRightEnd(end);
    },
    keeping: (urls) => {
      for (const [name, url] of Object.entries(urls)) say(`  ${name.padEnd(10)} ${String(url)}`);
      say("Ctrl-C stops everything; the folder stays.");
    },
    stopped: () => say("Stopped, and everything of it removed."),
  };
}

function failing({ lost, doubled, failing: share }: NonNullable<YearAsked["faults"]>): string {
  const percent = (value: number) => `${value * 100} %`;
  return (
    `${percent(lost)} of webhooks lost, ${percent(doubled)} doubled, all shuffled within an ` +
    `hour, ${percent(share)} of SL's calls failing`
  );
}

function progressLine(progress: Progress, seconds: number): string {
  const { day, daysDone, daysAll, rows, booked, parked } = progress;
  const left = (seconds / daysDone) * (daysAll - daysDone);
  const rate = (rows / Math.max(seconds, 1)).toFixed(0);
  return (
    `${day}  ${rows} rows, ${booked} documents, ${parked} parked, ${rate} rows/s, ` +
    `about ${duration(left)} left`
  );
}

function duration(seconds: number): string {
  return seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`;
}

/** Whether nothing is left that was not meant to be. */
function isRightEnd({ unproved, months, parked }: YearEnd): boolean {
  const isClosed = months.every(({ close }) => close.isClosable);
  return unproved.length === 0 && isClosed && parked.others.length === 0;
}

function endOf(end: YearEnd, seconds: number, screen: YearScreen): string[] {
  const { paint } = screen;
  const { rows, booked, days, unproved, months, parked, hub } = end;
  const proved = `${days - unproved.length} of ${days} days proved to the cent`;
  const closed = months.filter(({ close }) => close.isClosable).length;
  return [
    "",
    renderTable(
      PROOF_COLUMNS,
      months.flatMap(({ proofs }) => proofs.map(proofRow)),
    ),
    "",
    ...end.strangest.map((one) => strange(one, screen)),
    `${rows} balance transactions became ${booked} records in SL in ${duration(seconds)}`,
    (unproved.length === 0 ? paint.good : paint.bad)(proved),
    (closed === months.length ? paint.good : paint.bad)(
      `${closed} of ${months.length} months closed`,
    ),
    ...unproved.slice(0, TOLD_MAX).map(({ day, difference, findings }) => {
      return paint.bad(`  ${day} ${difference} ${findings.slice(0, 3).join("; ")}`);
    }),
    `${parked.seeded.length} parked as meant, ${parked.others.length} besides`,
    ...parked.others.slice(0, TOLD_MAX).map(({ laneKey, code, reason }) => {
      return paint.bad(`  ${laneKey} ${code}: ${reason}`);
    }),
    `Hub: at most ${hub.residentMb.toFixed(0)} MB, ${duration(hub.cpuMs / 1000)} of a processor`,
  ];
}

const RIGHT = { align: "right" } as const;
const PROOF_COLUMNS = [
  { title: "Period" },
  { title: "Currency" },
  { title: "Stripe closing", ...RIGHT },
  { title: "SL clearing", ...RIGHT },
  { title: "Timing lines", ...RIGHT },
  { title: "Difference", ...RIGHT },
  { title: "Proved" },
];

function proofRow(proof: ProofOfCurrency): string[] {
  const { day, period, currency, stripe, ledger, lines, difference, isProven } = proof;
  const timing = lines.filter(({ count }) => count > 0);
  const told = timing.map(({ number, amount }) => `(${number}) ${amount}`).join(" ");
  return [
    ...[period ?? day, currency, stripe.closing, ledger.released],
    ...[told === "" ? "none" : told, difference, isProven ? "yes" : "no"],
  ];
}

function strange({ id, why, documents }: Strange, { paint, width }: YearScreen): string {
  const parts = documents.map(({ purpose, batNbr, entries }) => {
    return `${purpose}, batch ${batNbr ?? "none"}\n${renderEntries(entries, width)}`;
  });
  return [paint.strong(`${id}: ${why}`), ...parts, ""].join("\n");
}
