import type { Store } from "../tables/store.ts";
import { DEFAULT_SUB, SEED_ACCOUNTS, SEED_SUBACCOUNTS } from "./accounts.ts";
import {
  SEED_CLASSES,
  SEED_COUNTRIES,
  SEED_CURRENCIES,
  SEED_CUSTOMERS,
  SEED_ITEMS,
  SEED_STATES,
  SEED_TAXES,
  SEED_TERMS,
} from "./lists.ts";
import { seedOrders } from "./orders.ts";

/** What differs between seeds; everything else is fixed, see README.md. */
export type SeedOptions = Readonly<{
  companyId: string;
  /** First open period of AR and GL, `YYYYPP`. */
  firstPeriod: string;
  /** The period of today, `YYYYPP`. */
  currentPeriod: string;
  baseCurrency: string;
  /** Period ends `MMDD` in order; 12 or 13 of them. */
  periodEnds: readonly string[];
  multiCurrency: boolean;
}>;

/** Period ends of a fiscal year that is the calendar year. */
export const CALENDAR_YEAR = [
  "0131",
  "0228",
  "0331",
  "0430",
  "0531",
  "0630",
  "0731",
  "0831",
  "0930",
  "1031",
  "1130",
  "1231",
];

/** Writes the demo company into an empty store, as one commit. */
export function seed(store: Store, options: SeedOptions): void {
  store.commit(() => {
    seedSetup(store, options);
    seedLedger(store, options);
    seedLists(store, options);
    seedCustomers(store, options);
    seedOrders(store, options.companyId, options.firstPeriod);
  });
}

function seedSetup(store: Store, options: SeedOptions): void {
  const { companyId, firstPeriod } = options;
  const ends = Object.fromEntries(
    options.periodEnds.map((end, index) => [`FiscalPerEnd${String(index).padStart(2, "0")}`, end]),
  );
  store.put("Company", {
    CpnyID: companyId,
    CpnyName: "Contoso Sports, LTD",
    CpnyCOA: companyId,
    BaseCuryID: options.baseCurrency,
    Country: "US",
    DatabaseName: "SLDEMOAPP",
    Active: 1,
  });
  store.put("GLSetup", {
    SetupId: "GL",
    AutoRef: 1,
    BaseCuryId: options.baseCurrency,
    BegFiscalYr: 1,
    CpnyId: companyId,
    CpnyName: "Contoso Sports, LTD",
    LastBatNbr: "000100",
    LedgerID: "ACTUAL",
    MCActive: options.multiCurrency ? 1 : 0,
    NbrPer: options.periodEnds.length,
    PerNbr: firstPeriod,
    RetEarnAcct: "3000",
    YtdNetIncAcct: "3010",
    ValidateAcctSub: 1,
    UpdateCA: 1,
    ...ends,
  });
  store.put("ARSetup", {
    SetupId: "AR",
    ArAcct: "1200",
    ArSub: DEFAULT_SUB,
    AutoRef: 1,
    ChkAcct: "1010",
    ChkSub: DEFAULT_SUB,
    CurrPerNbr: options.currentPeriod,
    DecPlPrcCst: 2,
    DecPlQty: 2,
    DfltClass: "COMM",
    GLPostOpt: "D",
    LastBatNbr: "000315",
    LastRefNbr: "000500",
    PerNbr: firstPeriod,
    PrePayAcct: "2100",
    PrePaySub: DEFAULT_SUB,
    TranDescDflt: "C",
  });
  store.put("CASetup", {
    SetupId: "CA",
    ARHoldingAcct: "1010",
    ARHoldingSub: DEFAULT_SUB,
    CurrPerNbr: options.currentPeriod,
    GlPostOpt: "D",
    lastbatnbr: "000010",
    PerNbr: firstPeriod,
  });
}

function seedLedger(store: Store, { companyId }: SeedOptions): void {
  for (const { acct, name, type, currency, isInactive } of SEED_ACCOUNTS) {
    const active = isInactive === true ? 0 : 1;
    store.put("Account", {
      Acct: acct,
      AcctType: type,
      Active: active,
      CuryId: currency ?? "",
      Descr: name,
    });
    store.put("AcctXref", {
      Acct: acct,
      AcctType: type,
      Active: active,
      CpnyID: companyId,
      Descr: name,
    });
  }
  for (const subaccount of SEED_SUBACCOUNTS) {
    const row = {
      Active: "isInactive" in subaccount ? 0 : 1,
      Descr: subaccount.name,
      Sub: subaccount.sub,
    };
    store.put("SubAcct", row);
    store.put("SubXref", { ...row, CpnyID: companyId });
  }
  for (const [acct, name, currency] of [
    ["1010", "Checking", "USD"],
    ["1030", "Bank EUR", "EUR"],
  ] as const) {
    store.put("CashAcct", {
      AcceptGLUpdates: -1,
      Active: 1,
      AcctType: "C",
      BankAcct: acct,
      BankSub: DEFAULT_SUB,
      CashAcctName: name,
      CpnyID: companyId,
      CuryID: currency,
    });
  }
}

function seedLists(store: Store, options: SeedOptions): void {
  for (const { id, name, receivable, sales, terms } of SEED_CLASSES) {
    store.put("CustClass", {
      ClassId: id,
      Descr: name,
      ARAcct: receivable,
      ARSub: DEFAULT_SUB,
      SlsAcct: sales,
      SlsSub: DEFAULT_SUB,
      PrePayAcct: "2100",
      PrePaySub: DEFAULT_SUB,
      Terms: terms,
    });
  }
  for (const { id, name, days, type } of SEED_TERMS) {
    store.put("Terms", {
      TermsId: id,
      ApplyTo: "B",
      CreditChk: days > 0 ? 1 : 0,
      Descr: name,
      DueIntrv: days,
      DueType: "D",
      DiscType: "D",
      NbrInstall: type === "M" ? 3 : 0,
      Frequency: type === "M" ? "M" : "",
      TermsType: type,
    });
  }
  for (const { id, name, rate, acct } of SEED_TAXES) {
    store.put("SalesTax", {
      TaxType: "T",
      TaxId: id,
      Descr: name,
      TaxRate: rate,
      SlsTaxAcct: acct,
      SlsTaxSub: DEFAULT_SUB,
      TaxCalcType: "I",
      TaxCalcLvl: "1",
    });
  }
  for (const id of SEED_STATES.split(" ")) store.put("State", { StateProvId: id, Descr: id });
  for (const id of SEED_COUNTRIES.split(" ")) store.put("Country", { CountryID: id, Descr: id });
  seedCurrencies(store, options);
  seedItems(store);
}

function seedCurrencies(store: Store, options: SeedOptions): void {
  const since = `${Number(options.firstPeriod.slice(0, 4)) - 1}-01-01T00:00:00`;
  const base = SEED_CURRENCIES.find(({ id }) => id === options.baseCurrency)?.rate ?? 1;
  for (const { id, name, decimals, rate } of SEED_CURRENCIES) {
    store.put("Currncy", {
      CuryId: id,
      Descr: name,
      DecPl: decimals,
      Status: "A",
      RealGainAcct: "6910",
      RealGainSub: DEFAULT_SUB,
      RealLossAcct: "6920",
      RealLossSub: DEFAULT_SUB,
    });
    if (id === options.baseCurrency) continue;
    const inBase = Number(((rate ?? 1) / base).toPrecision(8));
    store.put("CuryRate", {
      FromCuryId: id,
      ToCuryId: options.baseCurrency,
      RateType: "SPOT",
      EffDate: since,
      MultDiv: "M",
      Rate: inBase,
      RateReciprocal: Number((1 / inBase).toPrecision(8)),
    });
  }
}

function seedItems(store: Store): void {
  for (const { id, name, sales, price, isStock, isInactive } of SEED_ITEMS) {
    store.put("Inventory", {
      InvtID: id,
      Descr: name,
      ClassID: isStock === true ? "STOCK" : "NONSTK",
      COGSAcct: "5000",
      COGSSub: DEFAULT_SUB,
      DfltSalesAcct: sales,
      DfltSalesSub: DEFAULT_SUB,
      DfltSOUnit: "EA",
      InvtAcct: "1300",
      InvtSub: DEFAULT_SUB,
      InvtType: isStock === true ? "F" : "O",
      LotSerTrack: "NN",
      Status: "A",
      StkBasePrc: price,
      StkItem: isStock === true ? 1 : 0,
      StkUnit: "EA",
      TranStatusCode: isInactive === true ? "IN" : "AC",
      ValMthd: "A",
    });
  }
}

function seedCustomers(store: Store, options: SeedOptions): void {
  const classes = new Map(SEED_CLASSES.map((one) => [one.id as string, one]));
  for (const customer of SEED_CUSTOMERS) {
    const ofClass = classes.get(customer.classId);
    const address = {
      Addr1: "1 Main Street",
      City: "New York",
      State: "NY",
      Zip: "10001",
      Country: "US",
    };
    store.put("Customer", {
      CustId: customer.id,
      Name: customer.name,
      BillName: customer.name,
      EMailAddr: customer.email,
      ClassId: customer.classId,
      Status: customer.status,
      CuryId: customer.currency,
      CuryRateType: customer.currency === options.baseCurrency ? "" : "SPOT",
      AutoApply: customer.autoApply === true ? 1 : 0,
      ArAcct: ofClass?.receivable ?? "",
      ArSub: DEFAULT_SUB,
      SlsAcct: ofClass?.sales ?? "",
      SlsSub: DEFAULT_SUB,
      PrePayAcct: "2100",
      PrePaySub: DEFAULT_SUB,
      Terms: ofClass?.terms ?? "",
      DfltShipToId: "DEFAULT",
      StmtCycleId: "30",
      StmtType: "O",
      TaxDflt: "C",
      ...address,
    });
    store.put("SOAddress", {
      CustId: customer.id,
      ShipToId: "DEFAULT",
      Descr: "Default",
      Name: customer.name,
      Status: "A",
      ...address,
    });
    store.put("AR_Balances", {
      CustID: customer.id,
      CpnyID: options.companyId,
      CuryID: options.baseCurrency,
      PerNbr: options.firstPeriod,
    });
  }
}
