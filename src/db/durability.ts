import pg from "pg";
import { HubError } from "../base/errors.ts";
import { withOption } from "./url-option.ts";

/** Server-wide settings without which a committed row can be gone after a crash. */
const NEEDED = ["fsync", "full_page_writes"] as const;

const CURES: Readonly<Record<(typeof NEEDED)[number], string>> = {
  fsync: "Set `fsync = on` in postgresql.conf and reload the server, then start again.",
  full_page_writes:
    "Set `full_page_writes = on` in postgresql.conf and reload the server, then start again.",
};

type Settings = Readonly<Record<(typeof NEEDED)[number] | "synchronous_commit", string>>;

const SETTINGS_SQL = `select current_setting('fsync') as fsync,
  current_setting('full_page_writes') as full_page_writes,
  current_setting('synchronous_commit') as synchronous_commit`;

/**
 * The URL by which whatever the hub commits is on the server's disk: `url` itself, or with
 * `synchronous_commit` switched on where role or database have it off. Stripe never sends again
 * what was answered 2xx, and a send to SL that its saved attempt does not outlive is a second
 * document.
 *
 * @throws HubError `db.not_durable` for a server that does not bring commits to its disk at all
 */
export async function durableUrl(url: string): Promise<string> {
  const settings = await readSettings(url);
  for (const name of NEEDED) {
    if (settings[name] === "on") continue;
    throw new HubError(
      "db.not_durable",
      `PostgreSQL runs with ${name} ${settings[name]}: what it has acknowledged can be lost`,
      { facts: { setting: name, value: settings[name] }, cure: CURES[name] },
    );
  }
  return settings.synchronous_commit === "off" ? withOption(url, "synchronous_commit=on") : url;
}

async function readSettings(url: string): Promise<Settings> {
  const client = new pg.Client({
    connectionString: url,
    application_name: "slipway-durability",
    connectionTimeoutMillis: 5_000,
    query_timeout: 5_000,
  });
  try {
    await client.connect();
    const { rows } = await client.query<Settings>(SETTINGS_SQL);
    return rows[0] ?? { fsync: "", full_page_writes: "", synchronous_commit: "" };
  } finally {
    await client.end();
  }
}
