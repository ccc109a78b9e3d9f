import { seededRandom } from "./random.ts";

/** What a matching request meets. */
export type FaultAction = "drop" | "error" | "hang" | "latency" | "missing";

/** One rule of `POST /_sandbox/faults`. */
export type FaultRule = {
  id: number;
  /** HTTP method, or "*". */
  method: string;
  /** Path with `*` for any run of characters, such as `/v1/charges/*`. */
  path: string;
  action: FaultAction;
  /** Status of an `error`: 429, 500, 503 … */
  status: number;
  /** Whether the request is carried out before the fault: an answer lost after the commit. */
  when: "after" | "before";
  /** How many matching requests meet it; null = all. */
  times: number | null;
  /** Chance, 0 to 1, that a matching request meets it. */
  probability: number;
  /** Wait of `latency`, and how long `hang` holds the connection, in ms. */
  delayMs: number;
  /** Whether an `error` before the commit is kept under the idempotency key and replayed. */
  stored: boolean;
  /** How often it was met. */
  hits: number;
};

type Armed = { rule: FaultRule; pattern: RegExp; random: () => number };

/** The faults that wait for requests. */
export class Faults {
  #armed: Armed[] = [];
  #lastId = 0;

  add(given: Partial<FaultRule>, seed = 1): FaultRule {
    const rule: FaultRule = {
      method: "*",
      path: "*",
      action: "error",
      status: 500,
      when: "before",
      times: null,
      probability: 1,
      delayMs: given.action === "hang" ? 120_000 : 1000,
      stored: false,
      ...given,
      hits: 0,
      id: ++this.#lastId,
    };
    this.#armed.push({ rule, pattern: patternOf(rule.path), random: seededRandom(seed) });
    return rule;
  }

  list(): FaultRule[] {
    return this.#armed.map(({ rule }) => rule);
  }

  clear(): void {
    this.#armed = [];
  }

  /** The first rule this request meets, counted as met. */
  meet(method: string, path: string): FaultRule | undefined {
    for (const { rule, pattern, random } of this.#armed) {
      if (rule.method !== "*" && rule.method !== method) continue;
      if (rule.times !== null && rule.hits >= rule.times) continue;
      if (!pattern.test(path)) continue;
      if (rule.probability < 1 && random() >= rule.probability) continue;
      rule.hits += 1;
      return rule;
    }
    return undefined;
  }
}

function patternOf(path: string): RegExp {
  const parts = path.split("*").map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`);
}
