import { describe, expect, test } from "vitest";
import { isKnownRow, ROW_RULES, rowRule } from "./row-categories.ts";

const row = (category: string, type: string, sourceId: string | undefined = undefined) => ({
  category,
  type,
  sourceId,
});

// category, type, owner, role, usual direction
const TABLE = `
charge                         charge                                payment  -                in
charge                         payment                               payment  -                in
-                              charge                                payment  -                in
-                              payment                               payment  -                in
partial_capture_reversal       refund                                payment  -                out
partial_capture_reversal       payment_refund                        payment  -                out
charge_failure                 payment_failure_refund                return   -                out
charge_failure                 payment_reversal                      return   -                out
-                              payment_failure_refund                return   -                out
-                              payment_reversal                      return   -                out
refund                         refund                                refund   -                out
refund                         payment_refund                        refund   -                out
refund                         payment_reversal                      refund   -                out
-                              refund                                refund   -                out
-                              payment_refund                        refund   -                out
refund_failure                 refund_failure                        refund   -                in
refund_failure                 adjustment                            refund   -                in
-                              refund_failure                        refund   -                in
dispute                        adjustment                            dispute  -                out
dispute_reversal               adjustment                            dispute  -                in
fee                            stripe_fee                            fee      fee              out
fee                            adjustment                            fee      fee              out
network_cost                   stripe_fee                            fee      fee              out
network_cost                   adjustment                            fee      fee              out
-                              stripe_fee                            fee      fee              out
-                              stripe_fx_fee                         fee      fee              out
tax                            tax_fee                               fee      fee.tax          out
-                              tax_fee                               fee      fee.tax          out
tax                            tax_fund                              category tax              out
-                              tax_fund                              category tax              out
payout                         payout                                payout   -                out
-                              payout                                payout   -                out
payout_reversal                payout_cancel                         payout   -                in
payout_reversal                payout_failure                        payout   -                in
-                              payout_cancel                         payout   -                in
-                              payout_failure                        payout   -                in
payout_minimum_balance_hold    payout_minimum_balance_hold           category stripe-reserve   out
-                              payout_minimum_balance_hold           category stripe-reserve   out
payout_minimum_balance_release payout_minimum_balance_release        category stripe-reserve   in
-                              payout_minimum_balance_release        category stripe-reserve   in
topup                          topup                                 payout   -                in
-                              topup                                 payout   -                in
-                              inbound_transfer                      payout   -                in
topup_reversal                 topup_reversal                        payout   -                out
-                              topup_reversal                        payout   -                out
-                              inbound_transfer_reversal             payout   -                out
transfer                       transfer                              category connect-payable  out
-                              transfer                              category connect-payable  out
transfer_reversal              transfer_cancel                       category connect-payable  in
transfer_reversal              transfer_failure                      category connect-payable  in
transfer_reversal              transfer_refund                       category connect-payable  in
-                              transfer_cancel                       category connect-payable  in
-                              transfer_failure                      category connect-payable  in
-                              transfer_refund                       category connect-payable  in
platform_earning               application_fee                       category platform-income  in
-                              application_fee                       category platform-income  in
platform_earning_refund        application_fee_refund                category platform-income  out
-                              application_fee_refund                category platform-income  out
connect_collection_transfer    connect_collection_transfer           category connect-payable  out
-                              connect_collection_transfer           category connect-payable  out
connect_reserved_funds         reserved_funds                        category connect-reserve  out
-                              reserved_funds                        category connect-reserve  out
risk_reserved_funds            reserve_transaction                   category stripe-reserve   out
risk_reserved_funds            reserve_hold                          category stripe-reserve   out
risk_reserved_funds            reserve_release                       category stripe-reserve   out
-                              reserve_transaction                   category stripe-reserve   out
-                              reserve_hold                          category stripe-reserve   out
-                              reserve_release                       category stripe-reserve   out
-                              payment_network_reserve_hold          category stripe-reserve   out
-                              payment_network_reserve_release       category stripe-reserve   in
advance                        advance                               category loan             in
advance_funding                advance_funding                       category loan             in
financing_payout               adjustment                            category loan             in
financing_paydown_reversal     adjustment                            category loan             in
-                              advance                               category loan             in
-                              advance_funding                       category loan             in
anticipation_repayment         anticipation_repayment                category loan             out
financing_paydown              adjustment                            category loan             out
financing_payout_reversal      adjustment                            category loan             out
-                              anticipation_repayment                category loan             out
issuing_authorization_hold     issuing_authorization_hold            category issuing          out
issuing_authorization_release  issuing_authorization_release         category issuing          out
issuing_transaction            issuing_transaction                   category issuing          out
issuing_dispute                issuing_dispute                       category issuing          out
issuing_disputes_prefunding    adjustment                            category issuing          out
-                              issuing_authorization_hold            category issuing          out
-                              issuing_authorization_release         category issuing          out
-                              issuing_transaction                   category issuing          out
-                              issuing_dispute                       category issuing          out
contribution                   contribution                          category contribution     out
climate_order_purchase         climate_order_purchase                category contribution     out
climate_order_refund           climate_order_refund                  category contribution     in
-                              contribution                          category contribution     out
-                              climate_order_purchase                category contribution     out
-                              climate_order_refund                  category contribution     in
obligation                     obligation_outbound                   category -                any
obligation                     obligation_reversal_inbound           category -                any
-                              obligation_outbound                   category -                any
-                              obligation_reversal_inbound           category -                any
unreconciled_customer_funds    payment_unreconciled                  category unreconciled     in
-                              payment_unreconciled                  category unreconciled     in
-                              stripe_balance_payment_debit          category balance-payments out
-                              stripe_balance_payment_debit_reversal category balance-payments in
-                              fee_credit_funding                    category -                any
other_adjustment               adjustment                            category -                any
-                              adjustment                            category -                any
brand_new_category             transfer                              category connect-payable  out
brand_new_category             brand_new_type                        category -                any
-                              brand_new_type                        category -                any
`;
const LINES = TABLE.trim()
  .split("\n")
  .map((line) => line.split(/\s+/).map((cell) => (cell === "-" ? "" : cell)));

test.each(LINES)("category %j of type %j is %s's, on %j", (...cells) => {
  const [category = "", type = "", owner, role, usual] = cells;

  const rule = rowRule(row(category, type));

  expect([rule.owner, rule.role ?? "", rule.usual]).toEqual([owner, role, usual]);
});

test("the table names every category and type of the rules", () => {
  const named = new Set(LINES.flat());
  const known = ROW_RULES.flatMap(({ categories, types }) => [...categories, ...types]);

  expect(known.filter((name) => !named.has(name))).toEqual([]);
});

test("no category and no type stands in two lines", () => {
  const categories = ROW_RULES.flatMap((rule) => rule.categories);
  const types = ROW_RULES.flatMap((rule) => rule.types);

  expect(new Set(categories).size).toBe(categories.length);
  expect(new Set(types).size).toBe(types.length);
});

describe("rows whose category and type leave it open", () => {
  test.each([
    ["re_1", "refund"],
    ["pyr_1", "refund"],
    ["py_1", "return"],
    ["ch_1", "return"],
  ])("a payment_reversal of %s is a %s", (source, owner) => {
    expect(rowRule(row("", "payment_reversal", source)).owner).toBe(owner);
  });

  test.each(["adjustment", "reserve_hold", "brand_new_type"])(
    "%s whose source moves the prefunding balance is prefunding",
    (type) => {
      expect(rowRule(row("", type), true).role).toBe("prefunding");
    },
  );

  test("a charge stays a charge whatever its source moves", () => {
    expect(rowRule(row("charge", "charge"), true).owner).toBe("payment");
  });

  test("what stands in no line is unknown", () => {
    const known = [row("", "brand_new"), row("other_adjustment", "adjustment"), row("fee", "x")];

    expect(known.map(isKnownRow)).toEqual([false, true, true]);
  });
});
