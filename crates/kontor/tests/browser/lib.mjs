// What the browser tests share: a browser, people in it, and a list of what went wrong.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const modules = process.env.KONTOR_TEST_NODE_MODULES;
const { chromium } = await import(pathToFileURL(`${modules}/playwright-core/index.mjs`));
const axe = readFileSync(`${modules}/axe-core/axe.min.js`, "utf8");

export const base = process.env.BASE;
export const faces = JSON.parse(process.env.FACES);
export const people = JSON.parse(readFileSync(process.env.PEOPLE, "utf8"));
export const wrong = [];

// What the closed network of a test machine answers to a browser that reports home is no concern of ours.
const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
export const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: FLAGS });

// A visitor with a language, a brightness and a width; what the console says against a page is noted.
export async function visitor({ lang = "en", theme = "light", width = 1440, plain = false, bypassCSP = false } = {}) {
  const context = await browser.newContext({
    viewport: { width, height: 900 }, colorScheme: theme, locale: lang === "zh" ? "zh-CN" : "en-GB",
    timezoneId: "Asia/Shanghai", javaScriptEnabled: !plain, bypassCSP, reducedMotion: "reduce",
  });
  context.setDefaultTimeout(15_000);
  await context.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));
    // How much of the page has moved without anybody having asked for it.
    window.shifted = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
    }).observe({ type: "layout-shift", buffered: true });
  });
  const page = await context.newPage();
  const where = () => `${new URL(page.url()).pathname} (${lang}, ${theme}, ${width})`;
  page.on("console", (said) => {
    // The browser notes each answer that is an error; whether it should be one is decided where it is asked for.
    if (said.type() === "error" && !/^Failed to load resource: the server responded with a status of 4/.test(said.text())) wrong.push(`${where()}: console: ${said.text()}`);
  });
  page.on("pageerror", (error) => wrong.push(`${where()}: ${error.message}`));
  return page;
}

export async function signIn(page, { email, password }) {
  await page.goto(`${base}/sign-in`);
  await page.fill("main [name=login]", email);
  await page.fill("main [name=password]", password);
  await Promise.all([page.waitForURL((url) => url.pathname !== "/sign-in"), page.press("main [name=password]", "Enter")]);
}

// What axe finds on the page as it stands.
export async function axeFinds(page) {
  await page.evaluate(axe);
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const found = await page.evaluate((tags) => axe.run(document, { runOnly: tags }), tags);
  return found.violations.map((violation) => `axe: ${violation.id}: ${violation.help}: ${violation.nodes[0].html.slice(0, 140)}`);
}

// How much wider the page is than its window.
export const overflow = (page) => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);

// What may move on a page while it loads, as browsers measure it.
export const SHIFT_MAX = 0.02;
export const shifted = async (page) => {
  await page.evaluate(() => new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted))));
  return page.evaluate(() => window.shifted);
};

export const PASSWORD = "a long enough password";

// Somebody new opens an account; the page they were on the way to is the one they come to.
export async function signUp(page, { kind, name, email, from = `${base}/sign-up` }) {
  await page.goto(from);
  await page.check(`[name=kind][value=${kind}]`);
  await page.fill("[name=name]", name);
  await page.fill("[name=email]", email);
  await page.fill("[name=password]", PASSWORD);
  await press(page, 'main form[action^="/sign-up"]');
}

// Presses the button of a form, or the first thing of a kind, and waits for the page that follows. What stands in a dialog is
// opened by the button before it.
export async function press(page, selector, button = "button[type=submit], button:not([type])") {
  const form = page.locator(selector).first();
  const inside = (await form.evaluate((found) => found.matches("form"))) ? form.locator(button).first() : form;
  if (!(await inside.isVisible())) {
    await form.evaluate((found) => {
      const opener = found.closest("details")?.querySelector("summary");
      (opener ?? found).click();
    });
  }
  await turned(page, () => inside.click());
}

// Does what leads to another page, or to other contents of this one, and waits until they are there.
export async function turned(page, act) {
  await page.locator("main").evaluate((main) => { main.dataset.left = ""; });
  await act();
  await page.locator("main[data-left]").waitFor({ state: "detached" });
  await page.waitForLoadState("networkidle");
}

// Looks again until something is there; what a worker does is done in a moment.
export async function until(page, selector) {
  for (let tries = 0; tries < 50; tries += 1) {
    if (await page.locator(selector).count()) return;
    await new Promise((later) => setTimeout(later, 200));
    await page.reload({ waitUntil: "networkidle" });
  }
  throw new Error(`${new URL(page.url()).pathname}: ${selector} did not appear within ten seconds`);
}

// A row of a list with these words: its first link.
export async function linkOf(page, words, href) {
  const links = await page.locator(`main a[href^='${href}']`).evaluateAll((all) => all.map((link) => [link.getAttribute("href"), link.closest("tr, li, article")?.innerText ?? ""]));
  const found = links.find(([, text]) => text.includes(words));
  if (!found) throw new Error(`${new URL(page.url()).pathname}: no row says ${words}`);
  return base + found[0];
}

// A small file of a kind that is believed.
export const pdf = (name) => ({ name, mimeType: "application/pdf", buffer: Buffer.from("%PDF-1.7\n1 0 obj << /Type /Catalog >> endobj\n%%EOF\n") });

// Ends the run: everything that went wrong, one a line.
export async function end() {
  await browser.close();
  const lines = [...new Set(wrong)];
  for (const line of lines) console.log(`WRONG ${line}`);
  console.log(`${lines.length} things are wrong`);
  process.exit(lines.length ? 1 : 0);
}
