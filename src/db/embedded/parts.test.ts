import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { refuseOtherMajor } from "./data-folder.ts";
import { parseUsers } from "./posix-user.ts";
import { readPostmasterFile } from "./postmaster-file.ts";
import { endOfLog, readLogTail, rotateServerLog } from "./server-log.ts";
import { writeSettings } from "./server-settings.ts";
import { missingRuntime } from "./windows.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "slipway-parts-"));
});

afterAll(() => rm(folder, { recursive: true }));

describe("the server log", () => {
  test("keeps three old files of bounded size", async () => {
    const own = join(folder, "log");
    await mkdir(own);
    const path = join(own, "server.log");

    for (const text of ["one.", "two.", "three.", "four.", "five."]) {
      await writeFile(path, text);
      await rotateServerLog(path, 3);
    }

    expect((await readdir(own)).sort()).toEqual([
      "server.log",
      "server.log.1",
      "server.log.2",
      "server.log.3",
    ]);
    expect(await readFile(`${path}.1`, "utf8")).toBe("five.");
    expect(await readFile(`${path}.3`, "utf8")).toBe("three.");
    expect(await endOfLog(path)).toBe(0);
  });

  test("is left alone below its bound and where there is none", async () => {
    const path = join(folder, "small.log");
    await writeFile(path, "short");

    const rotated = [await rotateServerLog(path, 5), await rotateServerLog(join(folder, "none"))];

    expect(rotated).toEqual([false, false]);
  });

  test("is quoted from where this start began", async () => {
    const path = join(folder, "tail.log");
    await writeFile(path, "old start\n");
    const start = await endOfLog(path);
    await writeFile(path, "old start\nFATAL: new\n");

    expect(await readLogTail(path, start)).toBe("FATAL: new");
  });
});

test("a half-written postmaster.pid names no process", async () => {
  const own = join(folder, "half");
  await mkdir(own);
  await writeFile(join(own, "postmaster.pid"), "123\n/da");

  expect(await readPostmasterFile(own)).toBeUndefined();
});

test("a setting with a quote stays one setting", async () => {
  await writeSettings(folder, { port: 1, clusterName: "c" }, { search_path: "a'b" });

  expect(await readFile(join(folder, "postgresql.conf"), "utf8")).toContain("search_path = 'a''b'");
});

test("users without a number that a process can have are passed over", () => {
  const passwd = [
    "root:x:0:0:root:/root:/bin/sh",
    "nobody:*:-2:-2:macOS:/var/empty:/usr/bin/false",
    "broken",
    "daemon:*:1:1:System:/:/usr/bin/false",
    "huge:x:4294967294:4294967294::/:/bin/false",
  ].join("\n");

  expect(parseUsers(passwd).map(({ name }) => name)).toEqual(["root", "daemon"]);
});

describe("on Windows", () => {
  test.each([0xc0000135, 0xc0000135 - 2 ** 32])(
    "exit code %i names the Visual C++ redistributable",
    (code) => {
      const failed = Object.assign(new Error("Command failed"), { code });

      expect(missingRuntime(failed)?.message).toContain("Visual C++ Redistributable");
    },
  );

  test("another exit code is another trouble", () => {
    expect(missingRuntime(Object.assign(new Error("Command failed"), { code: 1 }))).toBeUndefined();
  });
});

test("data of the version that the hub brings are not refused", () => {
  expect(() => refuseOtherMajor("18", "/data")).not.toThrow();
});
