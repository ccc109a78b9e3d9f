import { z } from "zod";
import { postBatch } from "../rules/posting.ts";
import { releaseBatch } from "../rules/release.ts";
import { voidBatch } from "../rules/voiding.ts";
import { Refusal } from "../soap/fault.ts";
import { type Row, text } from "../tables/store.ts";
import type { World } from "../world.ts";

const Period = z.string().regex(/^\d{6}$/);

/** Body of `POST /periods`. */
export const PeriodInput = z.strictObject({
  /** First open period of receivables; earlier ones are closed. */
  receivables: Period.optional(),
  ledger: Period.optional(),
});

/** The first open periods and the fiscal calendar. */
export function periods(world: World): Readonly<Record<string, unknown>> {
  return {
    receivables: text(world.receivablesSetup, "PerNbr"),
    ledger: text(world.ledgerSetup, "PerNbr"),
    current: text(world.receivablesSetup, "CurrPerNbr"),
  };
}

/** Closes or reopens periods by moving the first open one. */
export function setPeriods(world: World, input: z.infer<typeof PeriodInput>): unknown {
  world.store.commit(() => {
    if (input.receivables !== undefined) {
      world.store.patch("ARSetup", world.receivablesSetup, { PerNbr: input.receivables });
    }
    if (input.ledger !== undefined) {
      world.store.patch("GLSetup", world.ledgerSetup, { PerNbr: input.ledger });
    }
  });
  return periods(world);
}

/** Body of `POST /customers`. */
export const CustomerInput = z.strictObject({
  custId: z.string(),
  status: z.enum(["A", "I", "H", "O"]).optional(),
  autoApply: z.boolean().optional(),
  /** `ConsolInv`: shippers of new orders wait for an invoice together. */
  consolidated: z.boolean().optional(),
  /** `CrLmt` in base currency; 0 is no limit. */
  creditLimit: z.number().min(0).optional(),
});

/** What a clerk changes in 08.260. */
export function setCustomerStatus(world: World, input: z.infer<typeof CustomerInput>): Row {
  const customer = world.store.get("Customer", input.custId);
  if (customer === undefined) throw new Error(`there is no customer ${input.custId}`);
  return world.store.commit(() =>
    world.store.patch("Customer", customer, {
      Status: input.status ?? text(customer, "Status"),
      ...(input.autoApply === undefined ? {} : { AutoApply: input.autoApply ? 1 : 0 }),
      ...(input.consolidated === undefined ? {} : { ConsolInv: input.consolidated ? 1 : 0 }),
      ...(input.creditLimit === undefined ? {} : { CrLmt: input.creditLimit }),
    }),
  );
}

/** Body of `POST /rates`; `rate` is base currency for one unit of `from`. */
export const RateInput = z.strictObject({
  from: z.string(),
  rate: z.number().positive(),
  /** Calendar date from which the rate holds. */
  date: z.string().regex(/^\d{4}-\d\d-\d\d$/),
  type: z.string().default("SPOT"),
  multDiv: z.enum(["M", "D"]).default("M"),
});

/** Enters a currency rate against the base currency. */
export function setRate(world: World, input: z.infer<typeof RateInput>): Row {
  return world.store.commit(() =>
    world.store.put("CuryRate", {
      FromCuryId: input.from,
      ToCuryId: world.baseCurrency,
      RateType: input.type,
      EffDate: `${input.date}T00:00:00`,
      MultDiv: input.multDiv,
      Rate: input.rate,
      RateReciprocal: 1 / input.rate,
    }),
  );
}

/** A person voids, releases or posts a batch in SL's own screens. */
export function personalStep(world: World, caught: readonly string[]): unknown {
  const [module = "", batNbr = "", step = ""] = caught;
  return world.store.commit(() => {
    const batch = world.store.get("Batch", module, batNbr);
    if (batch === undefined) throw new Refusal(`Batch ${module} ${batNbr} not found`, 835);
    if (step === "void") return { batch: voidBatch(world, batch) };
    if (step === "post") return { batch: postBatch(world, batch) };
    const outcome = releaseBatch(world, batch);
    return { batch: outcome.batch, problem: outcome.problem?.text ?? "" };
  });
}
