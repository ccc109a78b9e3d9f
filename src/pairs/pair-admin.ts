import type { Document } from "yaml";
import type { Check, PairAnswer, PairSummary } from "../api/contract.ts";
import type { PairAdmin } from "../api/index.ts";
import { present } from "../base/assert.ts";
import { HubError } from "../base/errors.ts";
import {
  maskSettings,
  type PairSettings,
  type Settings,
  setSetting,
  setSettingTree,
} from "../config/index.ts";
import type { PairRuntime } from "../runs/index.ts";
import type { PairBook } from "./pair-book.ts";
import { exportSettings, importSettings } from "./transfer-settings.ts";

/**
 * What the API does with pairs: every change goes through the same checks as a start, is saved
 * with its secrets sealed, and takes effect at once.
 */
export function createPairAdmin(options: {
  book: PairBook;
  hubUrl: () => string;
  /** Calls both sides with the pair's credentials. */
  test: (pair: PairRuntime) => Promise<Check[]>;
  /** Refuses what is new of a pair and SL could not hold to the cent, before it is saved. */
  accept: (after: PairSettings, before: PairSettings | undefined) => Promise<void>;
  /** Refuses a change under which what a pair has booked would no longer hold. */
  acceptChange: (before: PairSettings | undefined, after: PairSettings) => Promise<void>;
  /** Carries a change of the settings file out, and keeps who made it. */
  record: <T>(by: string, edit: () => T) => Promise<T>;
  /** Told of each pair after a change was saved. */
  onSaved: (settings: PairSettings) => Promise<void>;
}): PairAdmin {
  const { book, hubUrl, test, accept, acceptChange, record, onSaved } = options;
  const acceptAll = async ({ pairs }: Pick<Settings, "pairs">) => {
    for (const after of pairs.values()) {
      const before = book.get(after.id)?.settings;
      await acceptChange(before, after);
      await accept(after, before);
    }
  };
  const save = async (by: string, edit: (document: Document) => void) => {
    const saved = await record(by, () => book.change(edit, false));
    for (const settings of saved.pairs.values()) await onSaved(settings);
    return saved;
  };
  const summary = (settings: PairSettings): PairSummary => ({
    id: settings.id,
    companyId: settings.sl.companyId,
    isLive: settings.stripe.livemode ?? null,
    webhookUrl: `${hubUrl()}/webhooks/stripe/${settings.id}`,
  });
  const answer = (settings: PairSettings): PairAnswer => ({
    ...summary(settings),
    settings: asWritten(maskSettings(settings)) as PairAnswer["settings"],
  });
  return {
    list: async () => book.all().map((pair) => summary(pair.settings)),
    show: async (id) => answer(book.require(id).settings),
    add: async (id, settings, { dryRun, by }) => {
      if (book.get(id) !== undefined) {
        throw new HubError("api.invalid", `The pair "${id}" exists; change it with pair set`, {
          facts: { field: "id" },
        });
      }
      const add = (document: Document) => {
        setSettingTree(document, id, { settings, key: () => book.sealingKey() });
      };
      const wanted = book.change(add, true);
      await acceptAll(wanted);
      const changed = dryRun ? wanted : await save(by, add);
      return answer(present(changed.pairs.get(id), "the added pair"));
    },
    set: async (id, { path, value }, { dryRun, by }) => {
      book.require(id);
      const edit = (document: Document) => {
        setSetting(document, id, {
          path: path.split("."),
          value: value === null ? undefined : value,
          key: () => book.sealingKey(),
        });
      };
      const wanted = book.change(edit, true);
      await acceptAll(wanted);
      const changed = dryRun ? wanted : await save(by, edit);
      return answer(present(changed.pairs.get(id), "the changed pair"));
    },
    exportSettings: () => exportSettings(book),
    importSettings: (wanted, { dryRun, by }) =>
      importSettings(
        book,
        { ...wanted, dryRun },
        { accept: acceptAll, save: (edit) => save(by, edit) },
      ),
    test: (id) => test(book.require(id)),
  };
}

/** Settings whose own keys are ids or metadata keys, which keep their letter case. */
const NAMED_BY_USER = ["items", "taxes", "when.metadata", "when.customerMetadata"];

/** The settings under the names that they have in `slipway.yaml`. */
function asWritten(settings: unknown, parent = ""): unknown {
  if (Array.isArray(settings)) return settings.map((one) => asWritten(one, parent));
  if (typeof settings !== "object" || settings === null) return settings;
  return Object.fromEntries(
    Object.entries(settings).map(([name, value]: [string, unknown]) => [
      name.replace(/([a-z])([A-Z])/g, (_, a: string, b: string) => `${a}-${b.toLowerCase()}`),
      [name, `${parent}.${name}`].some((one) => NAMED_BY_USER.includes(one))
        ? value
        : asWritten(value, name),
    ]),
  );
}
