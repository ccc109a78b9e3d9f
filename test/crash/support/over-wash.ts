import { REFUND_EFFECTS } from "../../../src/runs/refunds/refund-run.ts";
import { numberOf, type Row, textOf } from "../../oracle/rows.ts";
import { aRefundThatFails, type Story } from "./after-sale.ts";

// Clearing is an account of Cash Manager's: each memo of the money hits the wash account, and a
// journal behind it takes that to clearing.

const WASH = "1099";
const SL_WRITES = ["reserve", "fill", "release"] as const;
const MOVING = ["refund-cash", "refund-back-cash"];

/** Given back in part, and the bank refuses: each memo of it has its journal. */
export const aRefundOverWash: Story = {
  ...aRefundThatFails,
  settings: {
    ...aRefundThatFails.settings,
    clearing: { "cash-account": "yes" },
    accounts: { wash: `${WASH}/000000000000` },
  },
  effects: REFUND_EFFECTS.flatMap((effect) => {
    const journal = { purpose: "wash", writes: SL_WRITES };
    return MOVING.includes(effect.purpose) ? [effect, journal] : [effect];
  }),
  before: { 5: aRefundThatFails.before?.[4] ?? (async () => {}) },
  wrong: async (world) => {
    const lines = (await world.sl<Row[]>("/rows?table=GLTran")).filter(
      (line) => line.Rlsed === 1 && textOf(line, "Acct") === WASH,
    );
    const cents = lines.map((line) =>
      Math.round((numberOf(line, "DrAmt") - numberOf(line, "CrAmt")) * 100),
    );
    const left = cents.reduce((so, one) => so + one, 0);
    // Two memos and their two journals.
    const found = `${lines.length} lines, ${left} left`;
    return found === "4 lines, 0 left" ? [] : [`wash: ${found}`];
  },
};
