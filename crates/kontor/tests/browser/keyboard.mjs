// Buying with the keyboard alone: nothing is clicked, and what has the focus can be seen.
import { base, end, people, turned, visitor, wrong } from "./lib.mjs";

const TABS_MAX = 120;
const LOOKS = [{ lang: "en", theme: "light", width: 1440 }, { lang: "zh", theme: "dark", width: 390 }];

for (const look of LOOKS) {
  try {
    await buys(look);
  } catch (error) {
    wrong.push(`keyboard, ${look.lang} ${look.theme} ${look.width}: ${error.stack.split("\n").slice(0, 8).join(" ")}`);
  }
}
await end();

async function buys(look) {
  const page = await visitor(look);
  const keys = page.keyboard;
  // What has the focus: how it is found, and whether one sees that it has it.
  const focused = () => page.evaluate(() => {
    const at = document.activeElement;
    const marks = (element) => {
      const style = getComputedStyle(element);
      return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none";
    };
    const box = at.getBoundingClientRect();
    const seen = at === document.body || marks(at) || [...(at.labels ?? [])].some(marks);
    return { seen, what: `${at.tagName.toLowerCase()} ${at.getAttribute("href") ?? at.getAttribute("name") ?? at.textContent.trim().slice(0, 30)}`, inside: box.bottom > 0 && box.top < innerHeight };
  });
  // Goes on with Tab until something is reached; everything on the way has to show its focus.
  const reach = async (selector) => {
    for (let tabs = 0; tabs < TABS_MAX; tabs += 1) {
      await keys.press("Tab");
      const { seen, what, inside } = await focused();
      if (!seen) wrong.push(`${new URL(page.url()).pathname}: the focus on ${what} cannot be seen (${look.theme})`);
      if (!inside) wrong.push(`${new URL(page.url()).pathname}: ${what} has the focus outside of the window`);
      if (await page.evaluate((wanted) => document.activeElement.matches(wanted), selector)) return;
    }
    throw new Error(`${new URL(page.url()).pathname}: ${selector} is not reached within ${TABS_MAX} tabs`);
  };
  const enter = async (selector) => {
    await reach(selector);
    await turned(page, () => keys.press("Enter"));
  };

  await page.goto(`${base}/sign-in`, { waitUntil: "networkidle" });
  await reach("main [name=login]");
  await keys.type(people.buyer.email);
  await reach("main [name=password]");
  await keys.type(people.buyer.password);
  await turned(page, () => keys.press("Enter"));
  await page.goto(base, { waitUntil: "networkidle" });

  // The search field has a key of its own; the arrows choose among what it suggests.
  const name = await page.locator('main a[href^="/products/"]').first().evaluate((link) => (link.querySelector("h2, h3, strong") ?? link).textContent.trim());
  await keys.press("/");
  if (!(await page.evaluate(() => document.activeElement.matches("input[type=search]")))) throw new Error("the key / does not lead to the search field");
  await keys.type(name.slice(0, 12));
  await page.locator(".suggestions a").first().waitFor({ state: "visible" });
  await keys.press("ArrowDown");
  await turned(page, () => keys.press("Enter"));

  // A choice is changed where there is one; its price follows.
  const choices = "main form[data-live] input[type=radio]";
  if (await page.locator(choices).count()) {
    await reach(choices);
    const priced = page.waitForResponse((answer) => new URL(answer.url()).pathname.endsWith("/price"));
    await keys.press("ArrowDown");
    await (await priced).finished();
    await page.locator("[aria-busy=true]").waitFor({ state: "detached" });
  }
  await enter('main a[href^="/checkout"]');
  await enter('main form[action="/checkout"] button[value=now]');
  if (!page.url().includes("/console/orders/")) throw new Error(`paying led to ${page.url()}`);
  for (let tries = 0; tries < 50 && !(await page.locator('main a[href^="/console/instances/"]').count()); tries += 1) {
    await new Promise((later) => setTimeout(later, 200));
    await page.reload({ waitUntil: "networkidle" });
  }
  await enter('main a[href^="/console/instances/"]');
  await reach("main details.reveal summary, main form[action$='/code'] button");
  await keys.press("Enter");
  await page.locator("main code").filter({ hasText: /^PL[0-9A-Z]{20,}$/ }).first().waitFor({ state: "visible" });
  console.log(`keyboard, ${look.lang} ${look.theme} ${look.width}: bought and seen`);
  await page.context().close();
}
