import { parseArgs } from "node:util";
import { stopOnRequest } from "../kit/stop.ts";
import { startStripeSandbox } from "./server.ts";

/** `node sandbox/stripe/main.ts --port 0 --home DIR`; prints one JSON line when it is ready. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: "string", default: "0" },
      home: { type: "string" },
      "secret-key": { type: "string" },
      "stop-with-input": { type: "boolean", default: false },
    },
  });
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new Error(`--port is a number from 0 to 65535, not ${values.port}`);
  }
  const secretKey = values["secret-key"];
  const sandbox = await startStripeSandbox({
    port,
    ...(values.home === undefined ? {} : { home: values.home }),
    ...(secretKey === undefined ? {} : { secretKey }),
  });
  stopOnRequest(() => sandbox.close(), values["stop-with-input"]);
  console.log(JSON.stringify({ ready: true, url: sandbox.url, secretKey: sandbox.secretKey }));
}

await main();
