import { join } from "node:path";

/** What the guided demo remembers between two starts: its ports and its webhook endpoint. */
export type DemoState = Readonly<{
  stripePort: number;
  slPort: number;
  /** Secret key of the sandbox Stripe; absent in what an older version remembered. */
  stripeKey?: string;
  hubPort: number;
  webhookSecret: string;
  /** Orders played so far; the next one has the next number. */
  orders: number;
}>;

/** Where it remembers them. */
export function demoStatePath(home: string): string {
  return join(home, "demo.json");
}
