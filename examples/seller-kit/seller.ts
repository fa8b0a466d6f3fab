/**
 * A small seller's system that answers Kontor's production interface (V2.0) as it should. Node 18 or newer, no packages.
 *
 *     KEY=<the key of your production address> PORT=8090 npx tsx seller.ts
 *
 * Then add http://<this machine>:8090/produce as your production address and verify it. A real system keeps its instances in
 * a database and starts something for each of them; everything else is here.
 */

import { createHmac, timingSafeEqual } from "node:crypto";
import { writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

// A key is changed without a gap: while two are known, both are believed.
const keys = (process.env.KEY ?? "").split(",").filter((key) => key !== "");
const port = Number(process.env.PORT ?? 8090);
const site = process.env.SITE ?? `http://127.0.0.1:${port}`;
/** Seconds for which a signature is good. */
const fresh = Number(process.env.FRESH_SECONDS ?? 60);
const bodyMax = 1024 * 1024;
/** A file that shows what it has, for whoever compares it with the marketplace. */
const book = process.env.BOOK;

const Code = { done: "000000", signature: "000001", parameter: "000002", noInstance: "000003", internal: "000005" };

type Standing = "open" | "frozen" | "released";
type Sent = Record<string, unknown>;
type Answer = { resultCode: string; resultMsg: string; [more: string]: unknown };

/** By order and line, so that a resend finds what the first one made. */
const orders = new Map<string, string>();
const instances = new Map<string, Standing>();
const sold = new Map<string, { order: string; line: string }>(); // by which order an instance is what it is now
const codes = new Map<string, Standing>(); // authorisation codes, where it is told of them; their software asks the marketplace anyway
const ends = new Map<string, string>(); // until when an instance or a code goes on, once it was told of another end
const nonces = new Set<string>(); // of requests that were answered already

function mac(key: string, text: string | Buffer): string {
  return createHmac("sha256", key).update(text).digest("hex");
}

/** Whether a request is from the marketplace, fresh, and none that was answered before. */
function believes(query: URLSearchParams, body: Buffer): boolean {
  const signature = (query.get("signature") ?? "").toLowerCase();
  const timestamp = query.get("timestamp") ?? "";
  const nonce = query.get("nonce") ?? "";
  if (!/^\d+$/.test(timestamp) || Math.abs(Date.now() - Number(timestamp)) > fresh * 1000) return false;
  for (const key of keys) {
    const signed = Buffer.from(mac(key, `${key}${nonce}${timestamp}${mac(key, body)}`));
    const given = Buffer.from(signature);
    if (signed.length === given.length && timingSafeEqual(signed, given) && !nonces.has(nonce)) {
      nonces.add(nonce);
      return true;
    }
  }
  return false;
}

function said(resultCode: string, resultMsg = "", more: Sent = {}): Answer {
  return { resultCode, resultMsg, ...more };
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** Told by a status, or released for good. */
function standing(request: Sent): Standing {
  return request.status === "FREEZE" ? "frozen" : request.status === "UNFREEZE" ? "open" : "released";
}

/** The same order line gets the same instance, however often it is asked for. */
function create(request: Sent): Answer {
  const [order, line, business] = [request.orderId, request.orderLineId, request.businessId].map(text);
  if (!order || !line || !business) return said(Code.parameter, "orderId, orderLineId and businessId are needed");
  const name = `${order} ${line}`;
  const instance = orders.get(name) ?? business;
  orders.set(name, instance);
  if (!instances.has(instance)) {
    instances.set(instance, "open");
    sold.set(instance, { order, line });
  }
  return said(Code.done, "", { instanceId: instance });
}

function describe(request: Sent): Answer {
  const asked = text(request.instanceId).split(",");
  if (asked.some((instance) => !instances.has(instance))) return said(Code.noInstance, "no such instance");
  const info = asked.map((instance) => ({
    instanceId: instance,
    appInfo: {
      frontEndUrl: `${site}/app/${instance}`,
      userName: "admin",
      password: `first-${instance.slice(-6)}`,
      memo: "Change the password when you first sign in. 首次登录后请修改密码。",
    },
  }));
  return said(Code.done, "", { info });
}

function move(request: Sent, standing: Standing): Answer {
  const instance = text(request.instanceId);
  const now = instances.get(instance);
  if (now === undefined) return said(Code.noInstance, "no such instance");
  if (now !== "released") instances.set(instance, standing);
  return said(Code.done);
}

/** Another specification was paid: the open API, asked for the order, says which SKU and how many it is from now on. */
function change(request: Sent): Answer {
  const [instance, order, line] = [request.instanceId, request.orderId, request.orderLineId].map(text);
  if (!instances.has(instance)) return said(Code.noInstance, "no such instance");
  if (!order || !line) return said(Code.parameter, "orderId and orderLineId are needed");
  sold.set(instance, { order, line });
  return said(Code.done);
}

function answer(request: Sent): Answer {
  switch (request.activity) {
    case "newInstance": return create(request);
    case "queryInstance": return describe(request);
    case "upgradeInstance": return change(request);
    case "updateInstanceStatus": case "releaseInstance": return move(request, standing(request));
    case "refreshInstance": case "changeInstanceCheck":
      if (!instances.has(text(request.instanceId))) return said(Code.noInstance, "no such instance");
      if (request.activity === "refreshInstance") ends.set(text(request.instanceId), text(request.expireTime));
      // The check asks whether productInfo fits what is used: a real one says no with another code and, in resultMsg, why.
      return request.scene === "RENEWAL_CHANGE" ? change(request) : said(Code.done);
    case "refreshLicenseCode":
      ends.set(text(request.license), text(request.expireTime));
      return said(Code.done);
    case "updateLicenseCodeStatus": case "releaseLicenseCode":
      codes.set(text(request.license), standing(request));
      return said(Code.done);
    case "orderNotify": return said(Code.done);
    default: return said(Code.parameter, "an unknown activity");
  }
}

function judge(query: URLSearchParams, body: Buffer): Answer {
  if (!believes(query, body)) return said(Code.signature, "the signature does not fit");
  let request: unknown;
  try {
    request = JSON.parse(body.toString("utf8"));
  } catch {
    return said(Code.parameter, "the body is no JSON");
  }
  if (typeof request !== "object" || request === null) return said(Code.parameter, "the body is no object");
  try {
    const back = answer(request as Sent);
    const rows = [...instances].map(([instance, state]) => ({ instance, state, ...sold.get(instance), end: ends.get(instance) }));
    if (book !== undefined) writeFileSync(book, JSON.stringify(rows));
    return back;
  } catch (error) {
    // What it could not do it does not promise.
    return said(Code.internal, String(error));
  }
}

function send(response: ServerResponse, status: number, kind: string, body: string): void {
  response.writeHead(status, { "content-type": kind, "content-length": Buffer.byteLength(body) }).end(body);
}

/** The application itself, as far as this one has any. */
function open(instance: string, response: ServerResponse): void {
  const standing = instances.get(instance);
  if (standing === "open") send(response, 200, "text/plain", `${instance} is open.\n`);
  else if (standing === "frozen") send(response, 403, "text/plain", `${instance} is frozen: its term is over.\n`);
  else send(response, 404, "text/plain", "There is no such instance.\n");
}

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? "/", site);
  if (request.method === "GET" && url.pathname.startsWith("/app/")) return open(url.pathname.slice(5), response);
  if (request.method !== "POST" || url.pathname !== "/produce") {
    return send(response, 404, "text/plain", "There is nothing here.\n");
  }
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request) {
    length += part.length;
    if (length > bodyMax) return send(response, 413, "text/plain", "The body is too large.\n");
    parts.push(part as Buffer);
  }
  // It answers 200 always: how it went stands in the code.
  const said = JSON.stringify(judge(url.searchParams, Buffer.concat(parts)));
  send(response, 200, "application/json;charset=utf8", said);
}

if (keys.length === 0) {
  console.error("KEY is missing: the key of your production address, two keys with a comma between them");
  process.exit(1);
}
const server = createServer((request, response) => {
  handle(request, response).catch(() => response.destroy());
});
server.listen(port, site.startsWith("http://127.") ? "127.0.0.1" : undefined, () => {
  console.log(`The seller's system answers at ${site}/produce`);
});
