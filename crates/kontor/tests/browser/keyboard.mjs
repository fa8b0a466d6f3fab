// Buying, giving back, selling and approving with the keyboard alone: nothing is clicked, and what has the focus can be seen.
import { base, end, people, turned, visitor, wrong } from "./lib.mjs";

// The editor of a product has many fields.
const TABS_MAX = 250;
const LOOKS = [{ lang: "en", theme: "light", width: 1440 }, { lang: "zh", theme: "dark", width: 390 }];

for (const look of LOOKS) {
  try {
    await buys(look);
    await sells(look);
  } catch (error) {
    wrong.push(`keyboard, ${look.lang} ${look.theme} ${look.width}: ${error.stack.split("\n").slice(0, 8).join(" ")}`);
  }
}
await end();

// Somebody before a page without a mouse.
async function hands(look) {
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

  const signIn = async ({ email, password }) => {
    await page.goto(`${base}/sign-in`, { waitUntil: "networkidle" });
    await reach("main [name=login]");
    await keys.type(email);
    await reach("main [name=password]");
    await keys.type(password);
    await turned(page, () => keys.press("Enter"));
  };
  // What opens as a dialog has the focus in it, and Escape leads back to what opened it.
  const opens = async (selector) => {
    await reach(selector);
    await keys.press("Enter");
    await page.locator("dialog[open]").waitFor({ state: "visible" });
    if (!(await page.evaluate(() => document.activeElement.closest("dialog[open]")))) throw new Error(`${new URL(page.url()).pathname}: the focus stays outside of the dialog`);
  };
  const closes = async () => {
    await keys.press("Escape");
    await page.locator("dialog[open]").waitFor({ state: "detached" }).catch(() => {});
    if (await page.locator("dialog[open]").count()) throw new Error(`${new URL(page.url()).pathname}: Escape does not close the dialog`);
  };
  return { page, keys, reach, enter, signIn, opens, closes };
}

async function buys(look) {
  const { page, keys, reach, enter, signIn, opens, closes } = await hands(look);
  await signIn(people.buyer);
  await goesAnywhere(page, keys, closes);
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
  // Given back: asked first, in a dialog.
  await page.reload({ waitUntil: "networkidle" });
  await enter('main a[href$="/return"]');
  const back = 'form[action$="/return"] button:not([type=button])';
  if (!(await page.locator(back).first().isVisible())) {
    await opens("main details[data-dialog] summary");
    await closes();
    await opens("main details[data-dialog] summary");
  }
  await enter(back);
  console.log(`keyboard, ${look.lang} ${look.theme} ${look.width}: bought, seen and given back`);
  await page.context().close();
}

// The palette: its key opens it, the arrows choose, Enter goes, Escape leaves everything as it was.
async function goesAnywhere(page, keys, closes) {
  const open = async () => {
    await keys.press("Control+k");
    await page.locator("dialog.palette[open]").waitFor({ state: "visible" });
    if (!(await page.evaluate(() => document.activeElement.matches("dialog.palette input")))) throw new Error("the palette opens and its field has no focus");
  };
  await page.goto(`${base}/console`, { waitUntil: "networkidle" });
  await open();
  await closes();
  if (new URL(page.url()).pathname !== "/console") throw new Error("leaving the palette left the page");
  const name = await page.locator('nav a[href="/console/wallet"]').first().evaluate((link) => link.textContent.trim());
  await open();
  await keys.type(name);
  await page.locator('.palette .suggestions a[href="/console/wallet"]').waitFor({ state: "visible" });
  for (let tries = 0; tries < 10 && !(await page.locator('.palette a.at[href="/console/wallet"]').count()); tries += 1) await keys.press("ArrowDown");
  await turned(page, () => keys.press("Enter"));
  if (new URL(page.url()).pathname !== "/console/wallet") throw new Error(`the palette led to ${page.url()}`);
}

// A listing is changed, saved and submitted; the operator reads it and approves it.
async function sells(look) {
  const seller = await hands(look);
  await seller.signIn(people.seller);
  const product = await editable(seller.page);
  await seller.page.goto(`${base}${product}`, { waitUntil: "networkidle" });
  await seller.reach('main [name="summary.en"]');
  await seller.keys.press("End");
  await seller.keys.type(look.lang === "zh" ? " Kept." : " Tried.");
  await seller.enter(`main form[action="${product}"] .save-row button`);
  await seller.page.goto(`${base}${product}/submit`, { waitUntil: "networkidle" });
  await seller.opens(`main details[data-dialog]:has(form[action="${product}/submit"]) > summary`);
  await seller.enter(`form[action="${product}/submit"] button:not([type=button])`);
  if (!(await seller.page.locator(`form[action="${product}/withdraw"]`).count())) throw new Error(`${product} was not submitted: ${(await seller.page.locator("main").innerText()).slice(0, 300)}`);
  const name = await seller.page.locator("h1").innerText();
  await seller.page.context().close();

  const operator = await hands(look);
  await operator.signIn(people.operator);
  await operator.page.goto(`${base}/operator/products`, { waitUntil: "networkidle" });
  const revisions = await operator.page.locator("main a[href^='/operator/products/rev_']").evaluateAll((all) => all.map((link) => link.getAttribute("href")));
  const waiting = [];
  for (const revision of new Set(revisions)) {
    await operator.page.goto(base + revision, { waitUntil: "networkidle" });
    if ((await operator.page.content()).includes(product.split("/").pop())) waiting.push(revision);
  }
  if (!waiting.length) throw new Error(`no revision of ${name} waits`);
  await operator.page.goto(`${base}${waiting[0]}`, { waitUntil: "networkidle" });
  for (;;) {
    const left = await operator.page.evaluate(() => [...document.querySelectorAll("main [type=radio][value=fine]")].filter((radio) => !radio.checked && radio.form).length);
    if (!left) break;
    await operator.reach("main [type=radio]:not(:checked)");
    await operator.keys.press("Space");
    for (let tries = 0; tries < 5 && !(await operator.page.evaluate(() => document.activeElement.matches("[value=fine]:checked"))); tries += 1) await operator.keys.press("ArrowDown");
    const now = await operator.page.evaluate(() => [...document.querySelectorAll("main [type=radio][value=fine]")].filter((radio) => !radio.checked && radio.form).length);
    if (now >= left) throw new Error(`${waiting[0]}: a point of the checklist cannot be chosen by keyboard`);
  }
  await operator.enter('main form[action$="/approval"] button.primary');
  if (new URL(operator.page.url()).pathname !== "/operator/products") throw new Error(`approving led to ${operator.page.url()}: ${(await operator.page.locator("main").innerText()).slice(0, 300)}`);
  await operator.page.context().close();
  console.log(`keyboard, ${look.lang} ${look.theme} ${look.width}: ${name} submitted and approved`);
}

// A product of the seller that is complete and does not wait already.
async function editable(page) {
  await page.goto(`${base}/seller/products`, { waitUntil: "networkidle" });
  const all = await page.locator("main a[href^='/seller/products/prd_']").evaluateAll((links) => links.map((link) => link.getAttribute("href").split("/").slice(0, 4).join("/")));
  for (const product of new Set(all)) {
    await page.goto(`${base}${product}/submit`, { waitUntil: "networkidle" });
    const whole = await page.locator("meter").first().evaluate((meter) => meter.value === meter.max).catch(() => false);
    if (whole && (await page.locator(`form[action="${product}/submit"]`).count())) return product;
  }
  throw new Error("no product of the seller can be submitted");
}
