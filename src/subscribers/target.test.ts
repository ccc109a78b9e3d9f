import { expect, test } from "vitest";
import { guardedLookup, readTarget } from "./target.ts";

test.each([
  ["https", "https://shop.example.com/slipway?to=books"],
  ["a private network by https", "https://10.0.4.12:8443/hook"],
  ["this machine", "http://127.0.0.1:9000/"],
  ["this machine by name", "http://localhost:9000/"],
  ["this machine by address of version 6", "http://[::1]:9000/"],
])("%s is taken", (_name, url) => {
  expect(readTarget(url).href).toBe(url);
});

test.each([
  ["http to another machine", "http://shop.example.com/"],
  ["a name that begins like this machine", "http://127.0.0.1.example.com/"],
  ["the address where clouds keep credentials", "https://169.254.169.254/latest"],
  ["that address in the clothes of version 6", "https://[::ffff:169.254.169.254]/"],
  ["that address as one number", "https://2852039166/"],
  ["everybody", "https://0.0.0.0/"],
  ["a user in the URL", "https://user:pass@shop.example.com/"],
  ["another scheme", "file:///etc/passwd"],
  ["half a URL", "shop.example.com"],
])("%s is refused by name of the field", (_name, url) => {
  expect(() => readTarget(url)).toThrow(expect.objectContaining({ code: "api.invalid" }));
});

test("a name that leads elsewhere than this machine is refused when it is looked up", async () => {
  const url = new URL("http://localhost:9000/");
  const asked = (name: string) =>
    new Promise<string>((resolve) => {
      guardedLookup(url)(name, {}, (error, address) => resolve(error?.message ?? String(address)));
    });

  expect(await asked("localhost")).toMatch(/^(127\.0\.0\.1|::1)$/);
  expect(await asked("10.1.2.3")).toBe("10.1.2.3 leads to 10.1.2.3, which is refused");
});
