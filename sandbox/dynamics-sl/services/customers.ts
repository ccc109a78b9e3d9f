import { addCustomer, editCustomer as saveCustomer } from "../rules/customers.ts";
import { saveShipTo } from "../rules/ship-tos.ts";
import type { Reply, ReplyStruct } from "../soap/answer.ts";
import { Refusal } from "../soap/fault.ts";
import type { Struct } from "../soap/request.ts";
import { fold, num, type Row, text } from "../tables/store.ts";
import type { World } from "../world.ts";
import {
  type Call,
  filtered,
  type Handlers,
  matches,
  pageOf,
  searchBy,
  show,
  showAll,
  showNote,
  structIn,
} from "./handler.ts";
import { about, accountXrefs, byId, ping, subaccountXrefs } from "./lookups.ts";

/** 08.260 Customer Maintenance. */
export const customerMaintenance: Handlers = {
  about,
  ping,
  getTermsByID: byId("Terms", "TermsId", "termsID"),
  getCustClassesByID: byId("CustClass", "ClassId", "classID"),
  getStatesByID: byId("State", "StateProvId", "stateprovID"),
  getCountriesByID: byId("Country", "CountryID", "countryID"),
  getCurrencyByID: byId("Currncy", "CuryId", "curyID"),
  getAcctXrefsByAcct: accountXrefs,
  getSubXrefsBySub: subaccountXrefs,
  getCustomerBalances: (call) =>
    show(call.world, "AR_Balances", balances(call.world, call.text("custID"))),
  getSOAddressesByID: (call) =>
    showAll(
      call.world,
      "SOAddress",
      call.world.store
        .find("SOAddress", "byCustomer", call.text("custID"))
        .filter((row) => matches(text(row, "ShipToId"), call.text("shipToID"))),
    ),
  getSOAddressByExactID: (call) => {
    const row = call.world.store.get("SOAddress", call.text("custID"), call.text("shipToID"));
    return row === undefined ? undefined : show(call.world, "SOAddress", row);
  },
  getNewSOAddress: (call) => ({
    ...show(call.world, "SOAddress", { Status: "A" }),
    ...template(call),
  }),
  editSOAddress: (call) => {
    const { world } = call;
    const sent = call.struct("inItem") ?? {};
    const action = call.text("actionType").toUpperCase();
    return show(
      world,
      "SOAddress",
      world.store.commit(() => saveShipTo(world, action, sent)),
    );
  },
  searchCustomerAddresses: (call) => searchAddresses(call),
  getScreenByCustID: (call) => {
    const customer = call.world.store.get("Customer", call.text("custID"));
    return customer === undefined ? { errorMessage: "" } : customerScreen(call.world, customer);
  },
  getNewscreen: (call) => newScreen(call),
  editScreen: (call) => editCustomerScreen(call),
  editCustomer: (call) => {
    const customer = call.struct("inItem") ?? {};
    return show(call.world, "Customer", save(call, { customer, edi: undefined, note: undefined }));
  },
  getNewCustomer: (call) => ({ ...show(call.world, "Customer", undefined), ...template(call) }),
  getCustomersByID: (call) =>
    showAll(
      call.world,
      "Customer",
      searchBy(call.searched, "Customer", "CustId", call.text("custID")),
    ),
  getCustomerByExactID: (call) => {
    const row = call.world.store.get("Customer", call.text("custID"));
    return row === undefined ? undefined : show(call.world, "Customer", row);
  },
  getCustomers: (call) => {
    const found = filtered(call.world, "Customer", candidates(call), call.parms("parms"));
    const page = pageOf(found, call.number("currentPageNumber"), call.number("pageSize"));
    return showAll(call.world, "Customer", page);
  },
  getCustomerValue: (call) => {
    const wanted = fold(call.text("fieldName"));
    const { columns } = call.world.store.definition("Customer");
    const name = [...columns.keys()].find((column) => fold(column) === wanted);
    const value = call.world.store.get("Customer", call.text("custID"))?.[name ?? ""];
    return value === undefined ? "" : String(value);
  },
};

function balances(world: World, custId: string): Row {
  const row = world.store.get("AR_Balances", custId, world.companyId);
  return row ?? { CustID: custId, CpnyID: world.companyId };
}

/** Customers that the parameters can match, by an index where an exact value allows it. */
function candidates(call: Call): readonly Row[] {
  const parms = call.parms("parms");
  for (const [name, index] of [
    ["USER2", "byUser2"],
    ["USER1", "byUser1"],
    ["EMAILADDR", "byEmail"],
    ["NAME", "byName"],
  ] as const) {
    const value = parms.get(name);
    if (value !== undefined && value.trim() !== "" && !value.includes("%")) {
      return call.searched.find("Customer", index, value);
    }
  }
  return searchBy(call.searched, "Customer", "CustId", parms.get("CUSTID") ?? "");
}

function customerScreen(world: World, customer: Row): ReplyStruct {
  const custId = text(customer, "CustId");
  return {
    myCustomer: show(world, "Customer", customer),
    myCustomerEDI: show(world, "CustomerEDI", world.store.get("CustomerEDI", custId)),
    myBalances: show(world, "AR_Balances", balances(world, custId)),
    customerNote: showNote(world, num(customer, "NoteId")),
    errorMessage: "",
  };
}

function template(call: Call): ReplyStruct {
  return (call.struct("inTemplate") ?? {}) as ReplyStruct;
}

function newScreen(call: Call): Reply {
  const sent = structIn(call.struct("inTemplate"), "myCustomer") as ReplyStruct | undefined;
  return {
    myCustomer: { ...show(call.world, "Customer", { Status: "A" }), ...sent },
    myCustomerEDI: show(call.world, "CustomerEDI", undefined),
    myBalances: show(call.world, "AR_Balances", undefined),
    errorMessage: "",
  };
}

function editCustomerScreen(call: Call): Reply {
  const sent: Struct = call.struct("inScreen") ?? {};
  const customer = structIn(sent, "myCustomer");
  if (customer === undefined) throw new Refusal("The screen has no customer");
  const saved = save(call, {
    customer,
    edi: structIn(sent, "myCustomerEDI"),
    note: structIn(sent, "customerNote"),
  });
  return customerScreen(call.world, saved);
}

function save(call: Call, screen: Parameters<typeof addCustomer>[1]): Row {
  const { world } = call;
  const action = call.text("actionType").toUpperCase();
  const custId = screen.customer.CustId;
  const exists =
    typeof custId === "string" && world.store.get("Customer", custId.trim()) !== undefined;
  switch (action) {
    case "ADD":
      return world.store.commit(() => addCustomer(world, screen));
    case "UPDATE":
      return world.store.commit(() => saveCustomer(world, screen));
    case "VALIDATEONLY":
      if (!world.switches.validateOnly) break;
      return world.store.rehearse(() =>
        exists ? saveCustomer(world, screen) : addCustomer(world, screen),
      );
  }
  throw new Refusal(`Action type ${action} is not supported`);
}

function searchAddresses(call: Call): Reply {
  const columns = [...call.world.store.definition("SOAddress").columns.keys()];
  const wanted = columns
    .map((name) => {
      const argument = Object.keys(call.args).find((key) => fold(key) === fold(name));
      return { name, pattern: argument === undefined ? "" : call.text(argument) };
    })
    .filter(({ pattern }) => pattern !== "");
  const rows = [...call.searched.all("SOAddress")].filter((row) =>
    wanted.every(({ name, pattern }) => matches(text(row, name), pattern)),
  );
  return showAll(call.world, "SOAddress", rows);
}
