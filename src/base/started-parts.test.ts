import { expect, test } from "vitest";
import { StartedParts } from "./started-parts.ts";

function startThree(trouble?: Error): { parts: StartedParts; stopped: string[] } {
  const parts = new StartedParts();
  const stopped: string[] = [];
  parts.add(async () => void stopped.push("database"));
  parts.add(async () => {
    stopped.push("worker");
    if (trouble !== undefined) throw trouble;
  });
  parts.add(async () => void stopped.push("server"));
  return { parts, stopped };
}

test("the last part that was started is stopped first", async () => {
  const { parts, stopped } = startThree();

  await parts.stopAll();

  expect(stopped).toEqual(["server", "worker", "database"]);
});

test("a part that does not stop is told, after all others were stopped", async () => {
  const { parts, stopped } = startThree(new Error("stuck"));

  await expect(parts.stopAll()).rejects.toThrow("stuck");

  expect(stopped).toEqual(["server", "worker", "database"]);
});

test("a second stop stops nothing twice", async () => {
  const { parts, stopped } = startThree();

  await Promise.all([parts.stopAll(), parts.stopAll()]);

  expect(stopped).toHaveLength(3);
});
