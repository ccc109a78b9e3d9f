import { parseArgs } from "node:util";
import { stopOnRequest } from "../kit/stop.ts";
import { startDynamicsSlSandbox } from "./server.ts";
import type { Credentials } from "./site.ts";

/** The environment names a credential may be given by, so that it is in no process list. */
const CREDENTIAL_VARIABLES: Readonly<Record<keyof Credentials, string>> = {
  user: "SANDBOX_SL_USER",
  password: "SANDBOX_SL_PASSWORD",
  siteId: "SANDBOX_SL_SITE_ID",
  siteKey: "SANDBOX_SL_SITE_KEY",
  companyId: "SANDBOX_SL_COMPANY_ID",
};

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "0" },
    home: { type: "string" },
    "first-period": { type: "string" },
    "base-currency": { type: "string" },
    "stop-with-input": { type: "boolean", default: false },
  },
});

const given = Object.entries(CREDENTIAL_VARIABLES)
  .map(([name, variable]) => [name, process.env[variable]] as const)
  .filter(([, value]) => value !== undefined && value !== "");

const sandbox = await startDynamicsSlSandbox({
  port: Number(values.port),
  credentials: Object.fromEntries(given),
  ...(values.home === undefined ? {} : { home: values.home }),
  ...(values["first-period"] === undefined ? {} : { firstPeriod: values["first-period"] }),
  ...(values["base-currency"] === undefined ? {} : { baseCurrency: values["base-currency"] }),
});
stopOnRequest(() => sandbox.close(), values["stop-with-input"]);

// Last, so that whoever reads it may already send a signal.
console.log(JSON.stringify({ ready: true, url: sandbox.url, ...sandbox.credentials }));
