import { lookup as lookUp } from "node:dns";
import { BlockList, isIP, type LookupFunction } from "node:net";
import { HubError } from "../base/errors.ts";

const URL_LENGTH_MAX = 2_000;

const LOOPBACK = blockList(["127.0.0.0/8", "::1/128"]);

/**
 * Addresses that no subscriber has: those of a link, where clouds keep the credentials of a
 * machine, of nobody and of everybody. Private networks are where hubs and their neighbours live.
 */
const FORBIDDEN = blockList([
  "0.0.0.0/8",
  "169.254.0.0/16",
  "224.0.0.0/4",
  "255.255.255.255/32",
  "::/128",
  "fe80::/10",
  "ff00::/8",
  "fd00:ec2::254/128",
]);

/**
 * The address of a subscriber: https, or http on this machine alone.
 *
 * @throws HubError `api.invalid` with the rule that it breaks
 */
export function readTarget(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const problem = text.length > URL_LENGTH_MAX ? "is too long" : problemOf(url);
  if (url !== undefined && problem === undefined) return url;
  throw new HubError("api.invalid", `url ${problem ?? "is no URL"}`, {
    facts: { field: "url", example: "https://shop.example.com/slipway" },
  });
}

function problemOf(url: URL | undefined): string | undefined {
  if (url === undefined) return "must be a whole URL";
  if (url.protocol !== "https:" && url.protocol !== "http:") return "must begin with https://";
  if (url.username !== "" || url.password !== "") return "must not carry a user or a password";
  const host = hostOf(url);
  if (url.protocol === "http:" && !isLocalName(host)) {
    return "must begin with https://; http:// is for this machine alone";
  }
  if (isIP(host) !== 0 && isForbidden(host)) return `names ${host}, where nobody listens`;
  return undefined;
}

/**
 * The look-up of a name for a target, which refuses what the rules of `readTarget` refuse: a name
 * may lead elsewhere than on the day on which it was given.
 */
export function guardedLookup(url: URL): LookupFunction {
  const mustBeLocal = url.protocol === "http:";
  return (name, options, callback) => {
    lookUp(name, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, "", 0);
      const refused = addresses.find(
        ({ address }) => isForbidden(address) || (mustBeLocal && !isLoopback(address)),
      );
      const [first] = addresses;
      if (refused !== undefined || first === undefined) {
        const where = refused?.address ?? "nowhere";
        return callback(new Error(`${name} leads to ${where}, which is refused`), "", 0);
      }
      if (options.all === true) return callback(null, addresses);
      return callback(null, first.address, first.family);
    });
  };
}

function isLocalName(host: string): boolean {
  return host === "localhost" || (isIP(host) !== 0 && isLoopback(host));
}

function isLoopback(address: string): boolean {
  return LOOPBACK.check(address, familyOf(address));
}

function isForbidden(address: string): boolean {
  return FORBIDDEN.check(address, familyOf(address));
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return isIP(address) === 6 ? "ipv6" : "ipv4";
}

/** Without the brackets that a URL puts around an address of version 6. */
function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, "$1");
}

function blockList(subnets: readonly string[]): BlockList {
  const list = new BlockList();
  for (const subnet of subnets) {
    const [address = "", bits = ""] = subnet.split("/");
    list.addSubnet(address, Number(bits), familyOf(address));
  }
  return list;
}
