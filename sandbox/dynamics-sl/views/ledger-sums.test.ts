import { expect, test } from "vitest";
import { loadContracts } from "../contract/contract.ts";
import { tableDefinitions } from "../tables/schema.ts";
import { type Row, Store } from "../tables/store.ts";
import { sumLines, sumsOf } from "./ledger-sums.ts";

const ACCOUNT = "1095";

test("sums that are kept are those of a walk, whatever becomes of the lines", () => {
  const store = aStore();
  for (let nr = 1; nr <= 3; nr += 1) put(store, nr, { Rlsed: 1 });
  expect(kept(store)).toEqual(walked(store));

  for (let nr = 4; nr <= 12; nr += 1) put(store, nr, { Rlsed: nr % 3 === 0 ? 0 : 1 });
  put(store, 6, { Rlsed: 1 });
  put(store, 7, { Rlsed: 1, DrAmt: 12.34 });
  put(store, 8, { Rlsed: 1, Acct: "1096" });
  put(store, 11, { Rlsed: 1, LedgerID: "BUDGET" });
  store.commit(() => store.remove("GLTran", line(4, {})));
  const refused = () =>
    store.commit(() => {
      store.put("GLTran", line(13, { Rlsed: 1 }));
      throw new Error("refused");
    });
  expect(refused).toThrow("refused");

  expect(kept(store).length).toBeGreaterThan(2);
  expect(kept(store)).toEqual(walked(store));
});

test("an account without lines left has no sum", () => {
  const store = aStore();
  put(store, 1, { Rlsed: 1 });
  expect(kept(store)).toHaveLength(1);

  store.commit(() => store.remove("GLTran", line(1, {})));

  expect(kept(store)).toEqual([]);
});

function aStore(): Store {
  return new Store(tableDefinitions(loadContracts()), undefined, () => 0);
}

function line(nr: number, columns: Row): Row {
  const day = `2026-03-${String(1 + (nr % 4)).padStart(2, "0")}`;
  return {
    ...{ Module: "AR", BatNbr: String(nr).padStart(6, "0"), LineNbr: 1, Acct: ACCOUNT },
    ...{ LedgerID: "ACTUAL", Sub: "000", PerPost: "202603", TranDate: day, CuryId: "USD" },
    ...{ DrAmt: nr / 10, CuryDrAmt: nr / 10, CrAmt: 0.1, CuryCrAmt: 0.1 },
    ...columns,
  };
}

function put(store: Store, nr: number, columns: Row): void {
  store.commit(() => store.put("GLTran", line(nr, columns)));
}

function kept(store: Store): readonly Row[] {
  return sorted(sumsOf(store, ACCOUNT, "ACTUAL"));
}

function walked(store: Store): readonly Row[] {
  return sorted(sumLines(store.find("GLTran", "byAccount", ACCOUNT), "ACTUAL"));
}

function sorted(sums: Iterable<Row>): readonly Row[] {
  const copies = [...sums].map((sum) => ({ ...sum }));
  return copies.sort((a, b) => String(a.TranDate).localeCompare(String(b.TranDate)));
}
