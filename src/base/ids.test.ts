import { expect, test } from "vitest";
import { base32, chosenNumber, intentKey } from "./ids.ts";

test("the published vector gives its intent key and its reference number", () => {
  const key = intentKey({
    pair: "acme-us",
    object: "re_3PqR7sLkdIwHu7ix1a2b3c4d",
    purpose: "refund-cash",
    part: "",
    generation: 0,
  });

  expect(key).toBe("IT4PQTTDTWAMU52GWG2TNZ6DAP");
  expect(chosenNumber(key, 0)).toBe("KY3E3RUCE5");
});

test("base32 agrees with the vectors of RFC 4648 without their padding", () => {
  const encoded = ["", "f", "fo", "foo", "foob", "fooba", "foobar"].map((text) =>
    base32(Buffer.from(text)),
  );

  expect(encoded).toEqual(["", "MY", "MZXQ", "MZXW6", "MZXW6YQ", "MZXW6YTB", "MZXW6YTBOI"]);
});
