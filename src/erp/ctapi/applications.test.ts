import { expect, test } from "vitest";
import { listApplications } from "./applications.ts";
import type { Site } from "./site.ts";

/** A site whose view shows one application, with this realised by it. */
function siteOf(CuryRGOLAmt: string): Site {
  const row = {
    ...{ CustId: "C300 ", AdjdDocType: "IN", AdjdRefNbr: "000123", AdjgDocType: "PA" },
    ...{ AdjgRefNbr: "KY3E3RUCE5", AdjBatNbr: "000412", CuryAdjgAmt: "100" },
    ...{ CuryAdjdCuryId: "EUR ", Pending: "0", CuryRGOLAmt },
  };
  const call = async () => ({ myQueryResults: [row] });
  return { client: { call } } as unknown as Site;
}

test.each([
  ["1.690000000055", "1.690"],
  ["-1.6899999999999977", "-1.690"],
  ["0", "0.000"],
  ["", "0.000"],
])("what SL has realised as %j is told without its noise", async (sent, told) => {
  const [application] = await listApplications(siteOf(sent), "C300", undefined);

  expect(application?.realised).toBe(told);
});
