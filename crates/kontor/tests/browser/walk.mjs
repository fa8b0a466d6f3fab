// Every page that there is, as everybody who may see it: found by its links, read by axe, measured, looked at.
import { mkdirSync } from "node:fs";
import { axeFinds, base, end, faces, overflow, people, shifted, SHIFT_MAX, signIn, visitor, wrong } from "./lib.mjs";

const SHOTS = process.env.SCREENSHOTS;
const WEIGHT_MAX = 60_000;
// As many different things of one kind are opened as tell something.
const EACH = 3;
// Only a young one can be returned, and only an active one has a file.
// A product has the pages of its kind and of what has befallen it.
// Few products can be tried, and not every order sold a licence.
const MORE = { "/seller/orders/{order}": 20, "/console/instances/{instance}": 20, "/seller/products/{product}": 40, "/products/{product}": 25 };
// Pages that no page leads to: from letters, in development, with a field that has to be filled first.
const STARTS = {
  nobody: ["/", "/sign-in", "/sign-up", "/forgot-password", "/reset-password?token=kr_0", "/dev/ui", "/sellers", "/categories/security"],
  buyer: ["/", "/console"],
  seller: ["/", "/console", "/seller", "/seller/onboarding"],
  operator: ["/operator"],
};

// What scripts ask for.
const PARTS = { nobody: ["/suggest?q=a", "/robots.txt", "/sitemap.xml", "/sitemaps/pages.xml", "/sitemaps/products-1.xml", "/feeds/products.xml", "/feeds/categories/security"], operator: ["/operator/invariants"] };

// What is no page: files, and what scripts put into one.
const isFile = (kind) => /\.(csv|json|xml|txt)$/.test(kind) || ["/feeds/", "/sitemaps/", "/pictures/", "/api/"].some((start) => kind.startsWith(start));

const patterns = faces.filter(({ method }) => method === "GET").map(({ path, access }) => ({
  path, access, matches: new RegExp(`^${path.replaceAll(".", "\\.").replace(/\{[^}]+\}/g, "[^/]+")}$`),
}));
const faceOf = (url) => {
  const path = new URL(url, base).pathname;
  return patterns.find((face) => face.path === path) ?? patterns.find((face) => face.matches.test(path));
};
const seen = new Map();
const heaviest = [];

for (const [role, starts] of Object.entries(STARTS)) {
  const page = await visitor({ bypassCSP: false });
  if (role !== "nobody") await signIn(page, people[role]);
  // Every page is weighed as somebody meets it who was never here: with the style sheet and the scripts.
  // What is looked at on its way is never taken from the browser's cache.
  await page.context().route("**/*", (route) => route.continue());
  const waiting = [...starts, ...PARTS[role] ?? []];
  const known = new Set([...waiting, ...(PARTS[role] ?? []).map((part) => `part ${part}`)]);
  const opened = new Map();
  const linked = new Map();
  while (waiting.length) {
    const path = waiting.shift();
    const face = faceOf(path);
    const query = new URL(path, base).searchParams;
    // A table of each kind of page as a file.
    const table = face && query.has("csv") ? " csv" : "";
    const kind = (face?.path ?? path.split("?")[0]) + table;
    if ((opened.get(kind) ?? 0) >= (MORE[kind] ?? EACH)) continue;
    opened.set(kind, (opened.get(kind) ?? 0) + 1);
    const at = `${path} as ${role}`;
    if (table) {
      const answer = await page.request.get(base + path);
      const lines = answer.ok() ? (await answer.text()).split("\r\n") : [];
      if (!(answer.headers()["content-type"] ?? "").startsWith("text/csv") || lines.length < 3) wrong.push(`${at}: ${answer.status()}, ${answer.headers()["content-type"]}, ${lines.length} lines are no table`);
      continue;
    }
    if (!face || isFile(kind) || known.has(`part ${path}`)) {
      const answer = await page.request.get(base + path, { headers: { "x-part": "1" } });
      if (answer.status() >= 400) wrong.push(`${at}: ${answer.status()}, from ${linked.get(path)}`);
      else if (face) note(face, role, path, true);
      continue;
    }
    const sizes = [];
    const weigh = (response) => {
      if (/text\/|javascript/.test(response.headers()["content-type"] ?? "")) sizes.push(response.request().sizes().catch(() => null));
    };
    page.on("response", weigh);
    const answer = await page.goto(base + path, { waitUntil: "load" }).catch((error) => error);
    page.off("response", weigh);
    const weight = (await Promise.all(sizes)).reduce((sum, size) => sum + (size ? size.responseBodySize + size.responseHeadersSize : 0), 0);
    if (answer instanceof Error) {
      // What is saved is not shown; that it is there can still be seen.
      const saved = await page.request.get(base + path);
      if (!answer.message.includes("Download is starting") || saved.status() >= 400) wrong.push(`${at}: ${answer.message}`);
      else if (face) note(face, role, path, true);
      continue;
    }
    const landed = faceOf(page.url());
    if (answer.status() >= 400) {
      wrong.push(`${at}: ${answer.status()}, from ${linked.get(path) ?? "the start"}`);
      continue;
    }
    for (const [seen, where] of [[face, path], [landed, new URL(page.url()).pathname + new URL(page.url()).search]]) {
      if (seen) note(seen, role, where, false);
    }
    heaviest.push([weight, at]);
    if (weight > WEIGHT_MAX) wrong.push(`${at}: ${weight} bytes over the wire, at most ${WEIGHT_MAX}`);
    const found = await page.evaluate(() => {
      const texts = document.body.innerText.match(/\b(?:ui|nav|done|state)-[a-z]+-[a-z-]+\b/g) ?? [];
      const h1 = document.querySelectorAll("h1").length;
      const of = (selector, name) => [...document.querySelectorAll(selector)].map((each) => each.getAttribute(name));
      return { texts, h1, tables: of("a.csv", "href"), links: of("a[href]", "href"), images: of("img[src]", "src"), parts: [...of("[data-load]", "data-load"), ...of("form[data-live]", "data-live").map((href, index) => {
        const form = document.querySelectorAll("form[data-live]")[index];
        const fields = new URLSearchParams(new FormData(form));
        fields.delete("_csrf"); fields.delete("_once");
        return `${href}?${fields}`;
      })] };
    });
    // The way to propose an amendment is not shown while one is proposed; its page can be opened all the same.
    if (await page.$("form[action$='/amendment/withdraw']")) found.links.push(`${new URL(page.url()).pathname}/amendment`);
    for (const [place, href] of found.tables.entries()) if (found.tables.indexOf(href) !== place) wrong.push(`${at}: two tables have the same file ${href}`);
    if (found.h1 !== 1) wrong.push(`${at}: ${found.h1} first headings`);
    for (const key of found.texts) wrong.push(`${at}: a key is shown for its text: ${key}`);
    for (const [href, part] of [...found.links.map((href) => [href, false]), ...found.images.map((href) => [href, true]), ...found.parts.map((href) => [href, true])]) {
      const target = new URL(href, page.url());
      if (target.origin !== base || /^\/(sign-out|assets)/.test(target.pathname)) continue;
      const next = target.pathname + target.search;
      if (known.has(next)) continue;
      known.add(next);
      if (part) known.add(`part ${next}`);
      linked.set(next, path);
      waiting.push(next);
    }
  }
  await page.context().close();
}

function note(face, role, path, isPart) {
  if (!seen.has(face.path)) seen.set(face.path, { role, path, isPart });
}

heaviest.sort(([a], [b]) => b - a);
console.log(`the heaviest: ${heaviest.slice(0, 5).map(([weight, at]) => `${at} ${weight}`).join(", ")}`);

// Shown only while something is on its way; the trade goes through it. Nothing of the demo waits for its acceptance.
const PASSING = ["/console/orders/{order}/progress", "/seller/products/{product}/prices/example", "/console/instances/{instance}/acceptance"];
for (const { path } of patterns) if (!PASSING.includes(path) && !seen.has(path)) wrong.push(`${path}: no link leads there; link it, or name it in STARTS`);

// Each kind of page once more: axe in both brightnesses and languages, and room for it in both widths.
if (SHOTS) mkdirSync(SHOTS, { recursive: true });
const LOOKS = [["en", "light", 1440], ["zh", "dark", 390], ["zh", "light", 1440], ["en", "dark", 390], ["en", "light", 390], ["en", "dark", 1440], ["zh", "light", 390], ["zh", "dark", 1440]];
for (const [index, [lang, theme, width]] of LOOKS.entries()) {
  // Two looks tell axe all that differs: both brightnesses, languages and widths are in them.
  const reads = index < 2;
  if (!reads && !SHOTS) continue;
  const pages = {};
  for (const role of Object.keys(STARTS)) {
    pages[role] = await visitor({ lang, theme, width, bypassCSP: true });
    if (role !== "nobody") {
      await signIn(pages[role], people[role]);
      await pages[role].context().addCookies([{ name: "lang", value: lang, url: base }]);
    }
  }
  const look = `${lang}, ${theme}, ${width}`;
  if (reads) await refusedOnes(pages, look);
  for (const [face, { role, path, isPart }] of seen) {
    if (isPart) continue;
    const page = pages[role];
    const answer = await page.request.head(base + path).catch(() => null);
    if (!(answer?.headers()["content-type"] ?? "").startsWith("text/html")) {
      wrong.push(`${face} (${look}): ${path} was a page and is ${answer?.status()} ${answer?.headers()["content-type"]} now`);
      continue;
    }
    await page.goto(base + path, { waitUntil: "load" });
    if (!(await page.$("html[lang] body main"))) {
      wrong.push(`${face} (${look}): ${path} has no main part`);
      continue;
    }
    if (reads) {
      for (const found of await axeFinds(page)) wrong.push(`${face} (${look}): ${found}`);
      await opened(page, `${face} (${look})`);
    }
    const moved = await shifted(page);
    if (moved > SHIFT_MAX) wrong.push(`${face} (${lang}, ${theme}, ${width}): it moved by ${moved} while it came, at most ${SHIFT_MAX}`);
    const over = await overflow(page);
    if (over > 0) wrong.push(`${face} (${lang}, ${theme}, ${width}): ${over} px wider than the window`);
    if (SHOTS) await page.screenshot({ path: `${SHOTS}/${face.replaceAll(/[/{}]+/g, "_")}-${lang}-${theme}-${width}.png`, fullPage: true });
  }
  for (const page of Object.values(pages)) await page.context().close();
}
// Pages that say no, forms with their mistakes, the palette.
async function refusedOnes(pages, look) {
  const read = async (page, what, status, answer) => {
    if (status && answer?.status() !== status) wrong.push(`${what} (${look}): ${answer?.status()}, not ${status}`);
    for (const found of await axeFinds(page)) wrong.push(`${what} (${look}): ${found}`);
    const over = await overflow(page);
    if (over > 0) wrong.push(`${what} (${look}): ${over} px wider than the window`);
  };
  for (const [role, path, status] of [["nobody", "/nothing-is-here", 404], ["buyer", "/console/orders/ord_0", 404], ["buyer", "/operator", 403], ["buyer", "/seller/orders", 403]]) {
    await read(pages[role], `${path} as ${role}`, status, await pages[role].goto(base + path, { waitUntil: "load" }));
  }
  for (const [role, path] of [["nobody", "/sign-up"], ["buyer", "/console/wallet/top-up"], ["buyer", "/console/team/new"], ["seller", "/seller/coupons/new"], ["operator", "/operator/announcements"], ["operator", "/operator/staff/new"]]) {
    const page = pages[role];
    await page.goto(base + path, { waitUntil: "load" });
    // As it comes without the browser's own checks: nothing is filled in.
    const [answer] = await Promise.all([
      page.waitForNavigation({ waitUntil: "load" }),
      page.evaluate(() => {
        const form = document.querySelector("main form[method=post]");
        for (const field of form.querySelectorAll("input[type=text], input[type=email], input[type=password], textarea")) field.value = "";
        setTimeout(() => form.submit());
      }),
    ]);
    await read(page, `${path} sent empty as ${role}`, 422, answer);
  }
  const page = pages.buyer;
  await page.goto(`${base}/console`, { waitUntil: "load" });
  await page.keyboard.press("Control+k");
  await page.locator("dialog.palette[open] a").first().waitFor({ state: "visible" });
  await read(page, "the palette");
}

// The first dialog of a page and its pictures, opened.
async function opened(page, at) {
  for (const [opener, dialog] of [["main details[data-dialog] > summary", "dialog[open]"], ["main [data-lightbox] a[data-full]", "dialog.lightbox[open]"]]) {
    const first = page.locator(opener).first();
    if (!(await first.count()) || !(await first.isVisible())) continue;
    await first.click();
    await page.locator(dialog).waitFor({ state: "visible" });
    for (const found of await axeFinds(page)) wrong.push(`${at}, its dialog: ${found}`);
    await page.keyboard.press("Escape");
  }
}

console.log(`${seen.size} of ${patterns.length} pages were seen`);
await end();
