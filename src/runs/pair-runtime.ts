import type { StripePort } from "../canonical/port.ts";
import type { PairSettings } from "../config/index.ts";
import type { ErpConnector } from "../erp/port.ts";
import type { Reference } from "./write/reference.ts";

/** A pair ready to work: its settings and its two open ends. */
export type PairRuntime = Readonly<{
  id: string;
  settings: PairSettings;
  stripe: StripePort;
  erp: ErpConnector;
  reference: Reference;
}>;
