import type { BenchServer } from "./bench-database.ts";
import type { Report } from "./report.ts";
import type { Stops } from "./stops.ts";

/** What a bench is given to work with. */
export type BenchContext = Readonly<{
  server: BenchServer;
  /** What the bench starts; stopped when it ends, however it ends. */
  stops: Stops;
  /** Scratch folder of this run, removed afterwards. */
  home: string;
  rounds: number;
  /** Sizes so small that the figures mean nothing: to see that a bench works. */
  isQuick: boolean;
  /** Folder for CPU profiles of the hub; undefined: none is made, and nothing slowed down. */
  profile: string | undefined;
  /** One line about what is going on. */
  say(line: string): void;
}>;

/** A bench that can be chosen by name. */
export type Bench = Readonly<{
  name: string;
  summary: string;
  /** It takes so long that it runs only where it is asked for. */
  isLong?: boolean;
  run(context: BenchContext): Promise<Report>;
}>;

/** Runs `round` for each round, numbered from 0. */
export async function eachRound(
  context: BenchContext,
  round: (index: number) => Promise<void>,
): Promise<void> {
  for (let index = 0; index < context.rounds; index += 1) {
    context.say(`round ${index + 1} of ${context.rounds}`);
    await round(index);
  }
}
