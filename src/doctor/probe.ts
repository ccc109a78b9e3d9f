import type { Pool } from "pg";
import type { Check } from "../api/contract.ts";
import { HubError } from "../base/errors.ts";
import { probeKey } from "../base/ids.ts";
import type { ProbeFinding, ProbeSession, ProbeSettings, SiteProbe } from "../erp/port.ts";
import { learnAnswers, type PairRuntime, readSiteAnswers } from "../runs/index.ts";
import { type Finding, type Look, takeLooks } from "./check.ts";
import { faultOfCustomer } from "./setting-looks.ts";

/** What a person allows the probes to do, and with whom. */
export type ProbeConsent = Readonly<{
  /** Only lists what would be asked and written. */
  dryRun: boolean;
  /** Writes empty batches also for questions that this server has answered before. */
  again: boolean;
  /** The company typed by the person: test documents are written only where it is the pair's. */
  testCompany?: string | undefined;
  customer?: string | undefined;
  autoApplyCustomer?: string | undefined;
  foreignCurrency?: string | undefined;
}>;

const SAVE_SQL = `
insert into site_probe (pair, name, site, answer, detail, server_version)
values ($1, $2, $3, $4, $5, $6)
on conflict (pair, name) do update set site = excluded.site, answer = excluded.answer,
  detail = excluded.detail, server_version = excluded.server_version, probed_at = now()`;

/** $1 pair, $2 question, $3 site, $4 server version: a newer server may answer otherwise. */
const KNOWN_SQL = `
select answer, to_char(probed_at at time zone 'UTC', 'YYYY-MM-DD') as day from site_probe
where pair = $1 and name = $2 and site = $3 and server_version = $4`;

/**
 * Asks the site what it can do by doing it, and stores each answer with date and server version;
 * the routes of the runs follow at once. Without consent only empty held batches are written, and
 * those once for each server version unless `again` is set. With consent documents of the least
 * amount are saved, released and reversed, and each is named.
 *
 * @throws HubError `api.invalid` for a consent that does not fit the pair, or that names a customer
 *   or a currency which SL cannot book
 */
export async function probeSite(
  pool: Pool,
  pair: PairRuntime,
  consent: ProbeConsent,
): Promise<Check[]> {
  assertConsent(pair, consent);
  let refusal: HubError | undefined;
  let opened: Readonly<{ session: ProbeSession; version: string }> | undefined;
  const open: Look["look"] = async () => {
    const { version } = await pair.erp.check();
    refusal = await refusalOf(pair, consent);
    if (refusal !== undefined) throw refusal;
    opened = { session: pair.erp.openProbes(await settingsFor(pair, consent)), version };
    return `server version ${version}`;
  };
  const site = await takeLooks(pair.id, [{ name: "probe.site", look: open }]);
  // Whoever mistypes a customer must not be told "no" by every probe: nothing is asked at all.
  if (refusal !== undefined) throw refusal;
  if (opened === undefined) return site;
  const { session, version } = opened;
  const looks = session.probes.map((probe): Look => {
    const look = () => askOne({ pool, pair, consent, version }, probe);
    return { name: `probe.${probe.name}`, look };
  });
  const checks = [...site, ...(await takeLooks(pair.id, looks))];
  if (consent.dryRun) return checks;
  learnAnswers(pair.erp, await readSiteAnswers(pool, pair.id));
  const left = await session.cleanUp();
  return [...checks, ...left.map((text) => leftBehind(pair.id, text))];
}

type Asking = Readonly<{ pool: Pool; pair: PairRuntime; consent: ProbeConsent; version: string }>;

async function askOne(asking: Asking, probe: SiteProbe): Promise<Finding> {
  const { pool, pair, consent, version } = asking;
  if (probe.unasked !== undefined) return { skipped: `cannot be asked: ${probe.unasked}` };
  const isAllowed = !needsConsent(probe) || consent.testCompany !== undefined;
  if (!isAllowed) return { skipped: `not asked: it ${probe.does}; needs --test-company` };
  const known = await knownAnswer(asking, probe);
  if (known !== undefined) return { skipped: known };
  if (consent.dryRun) return { skipped: `would ask: it ${probe.does} (writes ${probe.writes})` };
  const found = await probe.run();
  if (found.answer === "cannot") return { skipped: `cannot be asked here: ${found.detail}` };
  const values = [pair.id, probe.name, pair.erp.site, found.answer, found.detail, version];
  await pool.query(SAVE_SQL, values);
  return toFinding(probe, found);
}

/** An empty batch stays until a person voids it, so none is added for what is known already. */
async function knownAnswer(asking: Asking, probe: SiteProbe): Promise<string | undefined> {
  const { pool, pair, consent, version } = asking;
  if (probe.writes !== "empty batches" || consent.again) return undefined;
  const values = [pair.id, probe.name, pair.erp.site, version];
  const { rows } = await pool.query<{ answer: string; day: string }>(KNOWN_SQL, values);
  const [row] = rows;
  // A refused batch leaves nothing, and its cure may be to let the server take it and ask again.
  const leftNothing = row?.answer === "no" && probe.name.startsWith("reserve-");
  if (row === undefined || leftNothing) return undefined;
  return `not asked again: answered ${row.answer} on ${row.day}; --again writes another batch`;
}

function toFinding(probe: SiteProbe, { answer, detail }: ProbeFinding): Finding {
  if (answer === "yes") return `yes: ${probe.yes} (${detail})`;
  return { warning: `no: ${probe.no} (${detail})`, cure: probe.cure };
}

function needsConsent({ writes }: SiteProbe): boolean {
  return writes === "held documents" || writes === "released documents";
}

function assertConsent(pair: PairRuntime, consent: ProbeConsent): void {
  const { testCompany, customer } = consent;
  if (testCompany === undefined) return;
  const { companyId } = pair.settings.sl;
  if (testCompany !== companyId) {
    const message = `Pair "${pair.id}" books into company ${companyId}, not into ${testCompany}`;
    throw new HubError("api.invalid", message, { facts: { field: "testCompany" } });
  }
  if (customer === undefined) {
    throw new HubError("api.invalid", "Test documents need a customer of the test company", {
      facts: { field: "customer" },
      cure: "Name one with --customer.",
    });
  }
}

/** Looks up whom and what the consent names, before anything is written or asked. */
async function refusalOf(pair: PairRuntime, consent: ProbeConsent): Promise<HubError | undefined> {
  const { testCompany, customer, autoApplyCustomer, foreignCurrency } = consent;
  if (testCompany === undefined) return undefined;
  const wanted = { customer, autoApplyCustomer };
  for (const [field, customerId] of Object.entries(wanted)) {
    if (customerId === undefined) continue;
    const fault = await faultOfCustomer(pair, customerId);
    if (fault !== undefined) {
      const flag = field === "customer" ? "--customer" : "--auto-apply-customer";
      return invalid(field, fault.words, `Name an active one with ${flag}; nothing was asked.`);
    }
  }
  if (autoApplyCustomer !== undefined) {
    const reading = await pair.erp.readCustomer(autoApplyCustomer);
    if (reading?.autoApply !== true) {
      const words = `SL customer ${autoApplyCustomer} has AutoApply off`;
      return invalid("autoApplyCustomer", words, "Name one that has it on; nothing was asked.");
    }
  }
  if (foreignCurrency === undefined) return undefined;
  const decimals = await pair.erp.readCurrencyDecimals(foreignCurrency);
  if (decimals !== undefined) return undefined;
  const words = `SL has no currency ${foreignCurrency}`;
  return invalid("foreignCurrency", words, "Name one of SL's; nothing was asked.");
}

function invalid(field: string, message: string, cure: string): HubError {
  return new HubError("api.invalid", message, { facts: { field }, cure });
}

async function settingsFor(pair: PairRuntime, consent: ProbeConsent): Promise<ProbeSettings> {
  const { accounts, sl, terms } = pair.settings;
  const { firstOpenReceivables, firstOpenLedger } = await pair.erp.readCalendar();
  const cash = accounts.clearing[sl.baseCurrency] ?? Object.values(accounts.clearing)[0];
  return {
    period: [firstOpenLedger, firstOpenReceivables].sort().at(-1) ?? firstOpenReceivables,
    currency: sl.baseCurrency,
    documentDate: new Date().toISOString().slice(0, 10),
    terms: terms.paid,
    receivable: accounts.ar,
    sales: accounts.sales,
    cash: cash ?? accounts.ar,
    newKey: probeKey,
    customerId: consent.customer ?? "",
    autoApplyCustomerId: consent.autoApplyCustomer ?? "",
    foreignCurrency: consent.foreignCurrency ?? "",
  };
}

function leftBehind(pair: string, text: string): Check {
  const name = "probe.left-in-sl";
  if (text.startsWith("released:")) return { pair, name, state: "ok", text };
  const cure = text.startsWith("held:") ? "Void it when it suits: it books nothing." : "Mend it.";
  return { pair, name, state: "warning", text, cure };
}
