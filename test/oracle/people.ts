import type { Books } from "./books.ts";
import { type Row, textOf } from "./rows.ts";
import type { Expected, ExpectedSale } from "./sales.ts";

/** Compares what was found with what is expected, and notes where they differ. */
export type Equal = (what: string, found: string | number, wanted: string | number) => void;

/** Who bought, at Stripe and in SL: every person has one customer, and nobody else has any. */
export class People {
  readonly #expected: Expected;
  readonly #books: Books;
  readonly #equal: Equal;
  /** SL's customer of each person, as the documents say. */
  readonly #customerOf = new Map<string, string>();

  constructor(expected: Expected, books: Books, equal: Equal) {
    this.#expected = expected;
    this.#books = books;
    this.#equal = equal;
  }

  /** The documents of a sale are one customer's, and he is the one who bought. */
  one(sale: ExpectedSale, rows: readonly Row[]): void {
    const { person, identity } = sale;
    const ids = new Set(rows.map((row) => textOf(row, "CustId") || textOf(row, "CustID")));
    this.#equal(`customers of the documents of ${identity}`, ids.size, 1);
    const [custId = ""] = ids;
    if ("named" in person) {
      this.#equal(`customer of ${identity}`, custId, person.named);
      return;
    }
    const before = this.#customerOf.get(person.email);
    if (before !== undefined) this.#equal(`customer of ${person.email}`, custId, before);
    this.#customerOf.set(person.email, custId);
    const row = this.#books.customers.get(custId);
    this.#equal(
      `address of customer ${custId}`,
      textOf(row, "EMailAddr").toLowerCase(),
      person.email,
    );
  }

  /** Once every sale was looked at. */
  all(): void {
    this.#customers();
    this.#stripeCustomers();
  }

  /** No person has two customers, and none was made for nobody. */
  #customers(): void {
    const addresses = this.#books.made.map((row) => textOf(row, "EMailAddr").toLowerCase());
    this.#equal(
      "customers with an address of their own",
      new Set(addresses).size,
      addresses.length,
    );
    const ids = new Set(this.#books.made.map((row) => textOf(row, "CustId")));
    this.#equal(
      "customers made",
      [...ids].toSorted().join(),
      [...this.#customerOf.values()].toSorted().join(),
    );
  }

  #stripeCustomers(): void {
    for (const [id, metadata] of this.#expected.customers) {
      const own = this.#expected.sales.filter(
        ({ stripeCustomer, person }) => stripeCustomer === id && "email" in person,
      );
      const [sale] = own;
      const custId =
        sale !== undefined && "email" in sale.person
          ? this.#customerOf.get(sale.person.email)
          : undefined;
      this.#equal(`customer id at ${id}`, metadata.DynamicsSL_CustomerID ?? "", custId ?? "");
    }
  }
}
