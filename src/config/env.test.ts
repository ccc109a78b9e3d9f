import { expect, test } from "vitest";
import { envExample, readEnv } from "./env.ts";

test("an empty environment gives the defaults", () => {
  expect(readEnv({})).toEqual({
    databaseUrl: undefined,
    home: "./.slipway",
    port: 4747,
    host: "127.0.0.1",
    logLevel: "info",
    eventDays: 90,
    key: undefined,
    token: undefined,
  });
});

test("every bad and every unknown variable is named at once", () => {
  const read = () =>
    readEnv({
      SLIPWAY_PROT: "1",
      SLIPWAY_PORT: "70000",
      SLIPWAY_LOG_LEVEL: "loud",
      DATABASE_URL: "mysql://x",
      SLIPWAY_KEY: "short-secret",
    });

  expect(read).toThrow(
    new RegExp(
      [
        "SLIPWAY_PROT is unknown; did you mean SLIPWAY_PORT\\?",
        "DATABASE_URL must be a postgres",
        "SLIPWAY_PORT must be a port",
        "SLIPWAY_LOG_LEVEL must be one of",
        "SLIPWAY_KEY must be 32 bytes",
      ].join("[\\s\\S]*"),
    ),
  );
  expect(read).not.toThrow(/short-secret/);
});

test("the cure for a bad variable names it", () => {
  const read = () => readEnv({ SLIPWAY_PORT: "70000", SLIPWAY_COLOUR: "red" });

  expect(read).toThrow(
    expect.objectContaining({
      cure: "Correct or unset SLIPWAY_COLOUR, SLIPWAY_PORT, then start again.",
    }),
  );
});

test("variables of other programs are none of our business", () => {
  expect(readEnv({ PATH: "/bin", PORT: "1" }).port).toBe(4747);
});

test("the example file names every variable and sets none", () => {
  const lines = envExample().split("\n");

  expect(lines.filter((line) => line !== "" && !line.startsWith("#"))).toEqual([]);
  expect(envExample()).toContain("# SLIPWAY_TOKEN=");
});
