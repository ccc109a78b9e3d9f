import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { HubError } from "../base/errors.ts";

const SEALED_PREFIX = "enc:v1:";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** What people see in the place of a secret. */
export const MASK = "••••••";

/**
 * A secret text that cannot be printed by accident: JSON, `util.inspect`, string templates and
 * the log show only a mask. `reveal()` is the one way to the text, so its uses can be counted.
 */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return MASK;
  }

  toJSON(): string {
    return MASK;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return `Secret(${MASK})`;
  }
}

/**
 * Where a secret belongs: part of the seal, so that a sealed value copied to another pair or to
 * another setting does not open there. `setting` is the path without list positions.
 */
export type SecretPlace = Readonly<{ pair: string; setting: string }>;

/** The sealed form that may stand in the settings file: `enc:v1:` and base64url. */
export function sealSecret(text: string, place: SecretPlace, key: Uint8Array): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  cipher.setAAD(associated(place));
  const sealed = Buffer.concat([nonce, cipher.update(text, "utf8"), cipher.final()]);
  return SEALED_PREFIX + Buffer.concat([sealed, cipher.getAuthTag()]).toString("base64url");
}

/**
 * Opens `sealSecret`'s form.
 *
 * @throws HubError `config.secret_unreadable` when key, pair or setting are not the ones it was
 *   sealed with, or the text was changed
 */
export function openSecret(sealed: string, place: SecretPlace, key: Uint8Array): Secret {
  try {
    const bytes = Buffer.from(sealed.slice(SEALED_PREFIX.length), "base64url");
    const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(associated(place));
    decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES));
    const body = bytes.subarray(NONCE_BYTES, bytes.length - TAG_BYTES);
    return new Secret(Buffer.concat([decipher.update(body), decipher.final()]).toString("utf8"));
  } catch (cause) {
    throw new HubError(
      "config.secret_unreadable",
      `${place.setting} of pair ${place.pair} cannot be opened with this key`,
      { facts: { pair: place.pair, setting: place.setting }, cause },
    );
  }
}

/**
 * Seals a text anew only where what stands there is not the same secret: a file in which nothing
 * has changed stays as it is, and nobody is told of another secret.
 */
export function sealUnlessSame(
  text: string,
  before: unknown,
  at: Readonly<{ place: SecretPlace; key: Uint8Array }>,
): string {
  const { place, key } = at;
  if (typeof before === "string" && isSealed(before) && opensTo(text, before, at)) return before;
  return sealSecret(text, place, key);
}

function opensTo(
  text: string,
  sealed: string,
  { place, key }: Readonly<{ place: SecretPlace; key: Uint8Array }>,
): boolean {
  try {
    return openSecret(sealed, place, key).reveal() === text;
  } catch (thrown) {
    // Sealed by a key that is lost, or for another place: it is replaced.
    if (thrown instanceof HubError) return false;
    throw thrown;
  }
}

/** Whether a text has the sealed form; says nothing about whether it opens. */
export function isSealed(text: string): boolean {
  return text.startsWith(SEALED_PREFIX);
}

function associated(place: SecretPlace): Buffer {
  return Buffer.from(`slipway\n${place.pair}\n${place.setting}`, "utf8");
}
