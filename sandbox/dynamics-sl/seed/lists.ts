/** Customer classes: accounts, terms and price class a new customer takes over. */
export const SEED_CLASSES = [
  { id: "COMM", name: "Commercial", receivable: "1200", sales: "4010", terms: "30" },
  { id: "GOVERN", name: "Government", receivable: "1200", sales: "4010", terms: "30" },
  { id: "HEALTH", name: "Health care", receivable: "1200", sales: "4010", terms: "30" },
  { id: "RETAIL", name: "Retail", receivable: "1210", sales: "4010", terms: "01" },
] as const;

/** Terms: DueType D is a number of days after the document date; M terms pay in instalments. */
export const SEED_TERMS = [
  { id: "01", name: "Due on receipt", days: 0, type: "S" },
  { id: "10", name: "Net 10", days: 10, type: "S" },
  { id: "30", name: "Net 30", days: 30, type: "S" },
  { id: "60", name: "Net 60", days: 60, type: "S" },
  { id: "M3", name: "Three instalments", days: 30, type: "M" },
] as const;

/** A currency with its rate of the seed. */
export type SeedCurrency = Readonly<{
  id: string;
  name: string;
  decimals: number;
  /** US dollars for one unit, from 1 January of the year before the seed; none for the dollar. */
  rate?: number;
}>;

/** Currencies of zero, two and three decimals. */
export const SEED_CURRENCIES: readonly SeedCurrency[] = [
  { id: "USD", name: "US dollar", decimals: 2 },
  { id: "EUR", name: "Euro", decimals: 2, rate: 1.1 },
  { id: "GBP", name: "Pound sterling", decimals: 2, rate: 1.32 },
  { id: "CAD", name: "Canadian dollar", decimals: 2, rate: 0.73 },
  { id: "AUD", name: "Australian dollar", decimals: 2, rate: 0.65 },
  { id: "CHF", name: "Swiss franc", decimals: 2, rate: 1.12 },
  { id: "SEK", name: "Swedish krona", decimals: 2, rate: 0.095 },
  { id: "NOK", name: "Norwegian krone", decimals: 2, rate: 0.094 },
  { id: "DKK", name: "Danish krone", decimals: 2, rate: 0.147 },
  { id: "PLN", name: "Polish zloty", decimals: 2, rate: 0.25 },
  { id: "HUF", name: "Hungarian forint", decimals: 2, rate: 0.0028 },
  { id: "ISK", name: "Icelandic krona", decimals: 2, rate: 0.0072 },
  { id: "UGX", name: "Ugandan shilling", decimals: 2, rate: 0.00027 },
  { id: "TWD", name: "New Taiwan dollar", decimals: 2, rate: 0.031 },
  { id: "JPY", name: "Japanese yen", decimals: 0, rate: 0.0066 },
  { id: "KRW", name: "Korean won", decimals: 0, rate: 0.00072 },
  { id: "KWD", name: "Kuwaiti dinar", decimals: 3, rate: 3.25 },
  { id: "BHD", name: "Bahraini dinar", decimals: 3, rate: 2.65 },
];

/** Taxes; `rate` is per cent. */
export const SEED_TAXES = [
  { id: "NYTAX", name: "New York sales tax", rate: 8.875, acct: "2200" },
  { id: "AVATAX", name: "External tax", rate: 0, acct: "2200" },
  { id: "VAT20", name: "VAT 20 %", rate: 20, acct: "2210" },
] as const;

/** An inventory item; without `isStock` 08.010 may sell it. */
export type SeedItem = Readonly<{
  id: string;
  name: string;
  sales: string;
  price: number;
  isStock?: true;
  isInactive?: true;
}>;

/** Items: services, plans, one that is stocked and one that is discontinued. */
export const SEED_ITEMS: readonly SeedItem[] = [
  { id: "CONSULT", name: "Consulting hour", sales: "4020", price: 150 },
  { id: "DEFAULT-ITEM", name: "Sale without lines", sales: "4010", price: 0 },
  { id: "GIFTCARD", name: "Gift card", sales: "4010", price: 50 },
  { id: "PLAN-BASIC", name: "Basic plan", sales: "4030", price: 29 },
  { id: "PLAN-PRO", name: "Pro plan", sales: "4030", price: 99 },
  { id: "SETUP", name: "Set-up fee", sales: "4020", price: 250 },
  { id: "SHIPPING", name: "Shipping", sales: "4050", price: 0 },
  { id: "TSHIRT", name: "T-shirt (not stocked)", sales: "4010", price: 20 },
  { id: "WIDGET", name: "Widget (stocked)", sales: "4010", price: 33.33, isStock: true },
  { id: "GADGET", name: "Gadget (stocked)", sales: "4010", price: 89.5, isStock: true },
  { id: "OLDITEM", name: "Discontinued item", sales: "4010", price: 9.99, isInactive: true },
];

/** A customer; status A active, I inactive, H on hold, O one-time. */
export type SeedCustomer = Readonly<{
  id: string;
  name: string;
  email: string;
  classId: string;
  status: "A" | "I" | "H" | "O";
  currency: string;
  autoApply?: true;
}>;

/** Customers of every status, one in EUR, one with AutoApply. */
export const SEED_CUSTOMERS: readonly SeedCustomer[] = [
  {
    id: "C300",
    name: "Alpine Sports",
    email: "ap@alpinesports.example",
    classId: "COMM",
    status: "A",
    currency: "USD",
  },
  {
    id: "C301",
    name: "Bayside Books",
    email: "books@bayside.example",
    classId: "RETAIL",
    status: "A",
    currency: "USD",
  },
  {
    id: "C302",
    name: "Closed Corner Shop",
    email: "owner@closedcorner.example",
    classId: "RETAIL",
    status: "I",
    currency: "USD",
  },
  {
    id: "C303",
    name: "Delayed Payers",
    email: "late@delayed.example",
    classId: "COMM",
    status: "H",
    currency: "USD",
  },
  {
    id: "C304",
    name: "Europa Handel",
    email: "konto@europahandel.example",
    classId: "COMM",
    status: "A",
    currency: "EUR",
  },
  {
    id: "C305",
    name: "First Come Services",
    email: "pay@firstcome.example",
    classId: "COMM",
    status: "A",
    currency: "USD",
    autoApply: true,
  },
  {
    id: "WEBSHOP",
    name: "Web shop customers",
    email: "",
    classId: "RETAIL",
    status: "A",
    currency: "USD",
  },
];

/** States and provinces of the US, Canada and Australia. */
export const SEED_STATES =
  "AK AL AR AZ CA CO CT DC DE FL GA HI IA ID IL IN KS KY LA MA MD ME MI MN MO MS MT NC ND NE NH " +
  "NJ NM NV NY OH OK OR PA PR RI SC SD TN TX UT VA VI VT WA WI WV WY " +
  "AB BC MB NB NL NS NT NU ON PE QC SK YT NSW QLD TAS VIC ACT";

/** Country codes that customers may have. */
export const SEED_COUNTRIES =
  "AE AR AT AU BE BG BR CA CH CL CN CO CY CZ DE DK EE ES FI FR GB GR HK HR HU ID IE IL IN IS IT " +
  "JP KR KW LT LU LV MT MX MY NL NO NZ PH PL PT RO RS SA SE SG SI SK TH TR TW UA UG US VN ZA";
