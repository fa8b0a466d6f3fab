// Enhancements on pages that work without them. Each part finds what it is for by a data attribute.
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone && !document.cookie.includes(`zone=${zone}`)) document.cookie = `zone=${zone}; Path=/; Secure; SameSite=Lax; Max-Age=31536000`;

// Gets a part of a page; what comes is HTML that our server has made and escaped.
async function part(url, signal) {
  const answer = await fetch(url, { headers: { accept: "text/html", "x-part": "1" }, signal });
  const isPart = (answer.headers.get("content-type") ?? "").startsWith("text/html");
  return isPart && (answer.ok || answer.status === 422) ? answer.text() : null;
}

// Puts new contents in a place; who was on something in it by keyboard stays on what stands there now.
function fill(place, html) {
  const stops = "a[href], button, input, select, textarea, summary";
  const held = $$(stops, place).indexOf(document.activeElement);
  place.innerHTML = html;
  if (held >= 0) $$(stops, place)[held]?.focus();
}

// Runs `act` when nothing has happened for a moment; an older run that has not ended is given up.
function calmly(act, wait = 160) {
  let timer, running;
  return (...given) => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      running?.abort();
      running = new AbortController();
      try { await act(running.signal, ...given); } catch (error) { if (error.name !== "AbortError") throw error; }
    }, wait);
  };
}

// data-load: a small part that is fetched after the page; again as long as it holds [data-waits]; with data-every again
// after so many seconds.
function load(root) {
  for (const place of $$("[data-load]", root)) {
    let shown;
    const get = () => part(place.dataset.load).then((html) => {
      if (html !== null && html !== shown) fill(place, shown = html);
      if (place.isConnected && place.querySelector("[data-waits]")) setTimeout(get, 2000);
    }).catch(() => {});
    if (place.dataset.every) setInterval(() => { if (!document.hidden && place.isConnected) get(); }, place.dataset.every * 1000);
    else get();
  }
}

// form data-live="/address" data-target="#id": the part follows the fields as they change.
function live(root) {
  for (const form of $$("form[data-live]", root)) {
    const target = document.querySelector(form.dataset.target);
    const update = calmly(async (signal) => {
      const fields = new URLSearchParams(new FormData(form));
      for (const own of ["_csrf", "_once"]) fields.delete(own);
      target.setAttribute("aria-busy", "true");
      const html = await part(`${form.dataset.live}?${fields}`, signal);
      if (html !== null) fill(target, html);
      target.removeAttribute("aria-busy");
    });
    form.addEventListener("input", update);
    for (const button of $$("[data-live-hidden]", form)) button.hidden = true;
  }
}

// form data-auto: a filter is asked for as soon as it is chosen.
function auto(root) {
  for (const form of $$("form[data-auto]", root)) {
    form.addEventListener("change", (event) => { if (event.target.matches("select, [type=checkbox], [type=radio]")) form.requestSubmit(); });
  }
}

// details data-dialog: what opens in its place becomes a dialog.
function dialogs(root) {
  for (const details of $$("details[data-dialog]", root)) {
    const dialog = document.createElement("dialog");
    const box = details.querySelector(".dialog-box");
    dialog.setAttribute("aria-label", details.querySelector("summary").textContent);
    const close = () => { dialog.close(); };
    details.querySelector("summary").addEventListener("click", (event) => {
      event.preventDefault();
      dialog.append(box);
      if (!dialog.isConnected) details.after(dialog);
      for (const button of $$("[data-close]", box)) { button.hidden = false; button.onclick = close; }
      dialog.showModal();
    });
    dialog.addEventListener("click", (event) => { if (event.target === dialog) close(); });
    if (details.open) details.querySelector("summary").click();
    details.open = false;
  }
}

// details data-menu: closes when something else is wanted.
document.addEventListener("click", (event) => { for (const menu of $$("details[data-menu][open]")) if (!menu.contains(event.target)) menu.open = false; });
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of $$("details[data-menu][open]")) { menu.open = false; menu.querySelector("summary").focus(); }
});

// data-copy: a button that copies the code beside it.
function copies(root) {
  for (const box of $$("[data-copy]", root)) {
    const button = box.querySelector(".copy");
    if (!button || !navigator.clipboard) continue;
    button.hidden = false;
    const before = button.textContent;
    button.onclick = async () => {
      await navigator.clipboard.writeText(box.querySelector("code").textContent);
      button.textContent = button.dataset.done;
      setTimeout(() => { button.textContent = before; }, 1600);
    };
  }
}

// table data-sortable=rows: all rows are there and are sorted by a column.
function sorting(root) {
  for (const table of $$("table[data-sortable=rows]", root)) {
    const body = table.tBodies[0];
    if (!body || body.rows.length < 2) continue;
    const keyOf = (row, index) => {
      const cell = row.cells[index];
      const own = cell.querySelector("[data-sort]")?.dataset.sort ?? cell.querySelector("time")?.dateTime ?? cell.textContent.trim();
      const number = Number(own.replace(/[^\d.−-]/g, "").replace("−", "-"));
      return /^[^A-Za-z\u4e00-\u9fff]*[A-Z]{0,3}[¥$€£]?[\s\d.,−%-]+$/.test(own) && !Number.isNaN(number) ? number : own;
    };
    [...table.tHead.rows[0].cells].forEach((head, index) => {
      if (!head.textContent.trim()) return;
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = head.textContent;
      head.replaceChildren(button);
      button.onclick = () => {
        const down = head.getAttribute("aria-sort") === "ascending";
        for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const rows = [...body.rows].map((row) => [keyOf(row, index), row]);
        rows.sort(([a], [b]) => (typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), document.documentElement.lang, { numeric: true })));
        if (down) rows.reverse();
        body.append(...rows.map(([, row]) => row));
      };
    });
  }
}

// form data-upload: files can be dropped, and one sees how far they are.
function uploads(root) {
  for (const form of $$("form[data-upload]", root)) {
    for (const drop of $$("[data-drop]", form)) {
      const input = drop.querySelector("input");
      const text = drop.querySelector(".drop-text");
      text.hidden = false;
      for (const kind of ["dragover", "dragleave", "drop"]) drop.addEventListener(kind, (event) => { event.preventDefault(); drop.classList.toggle("over", kind === "dragover"); });
      drop.addEventListener("drop", (event) => { input.files = event.dataTransfer.files; input.dispatchEvent(new Event("change", { bubbles: true })); });
      input.addEventListener("change", () => { if (input.files.length) text.textContent = [...input.files].map((file) => file.name).join(", "); });
    }
    form.addEventListener("submit", (event) => {
      const bars = $$(".drop-progress", form);
      if (!bars.length || !$$("input[type=file]", form).some((input) => input.files.length)) return;
      event.preventDefault();
      const request = new XMLHttpRequest();
      request.open("POST", form.action);
      request.upload.onprogress = ({ loaded, total }) => { for (const bar of bars) { bar.hidden = false; bar.value = (100 * loaded) / total; } };
      request.onload = () => {
        if (request.status < 300 && new URL(request.responseURL).pathname !== new URL(form.action).pathname) { location.assign(request.responseURL); return; }
        const fresh = new DOMParser().parseFromString(request.responseText, "text/html");
        document.querySelector("main").replaceWith(fresh.querySelector("main"));
        begin(document.querySelector("main"));
      };
      request.onerror = () => form.submit();
      request.send(new FormData(form));
    });
  }
}

// button data-into="#id": what its form is answered with appears there, and the page is not left.
function answers(root) {
  for (const button of $$("button[data-into]", root)) {
    button.form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const fields = new URLSearchParams(new FormData(button.form));
      const answer = await fetch(button.form.action, { method: "POST", headers: { "x-part": "1" }, body: fields }).catch(() => null);
      if (!answer?.ok) { button.form.submit(); return; }
      const target = document.querySelector(button.dataset.into);
      target.innerHTML = await answer.text();
      begin(target);
    });
  }
}

// input data-strength="/address": how good a new password is, in the server's words.
function strengths(root) {
  for (const input of $$("input[data-strength]", root)) {
    const said = document.createElement("div");
    said.setAttribute("aria-live", "polite");
    input.after(said);
    input.addEventListener("input", calmly(async (signal) => {
      const own = new FormData(input.form);
      const body = new URLSearchParams(["_csrf", "password", "name", "email"].map((name) => [name, own.get(name) ?? ""]));
      const answer = input.value ? await fetch(input.dataset.strength, { method: "POST", headers: { "x-part": "1" }, body, signal }) : null;
      said.innerHTML = answer?.ok ? await answer.text() : "";
    }, 250));
  }
}

// A list of links under a search field; arrows choose, Enter goes.
function listUnder(input, box) {
  let at = -1;
  const move = (step) => {
    const links = $$("a", box);
    links[at]?.classList.remove("at");
    at = links.length ? (at + step + links.length) % links.length : -1;
    links[at]?.classList.add("at");
    links[at]?.scrollIntoView({ block: "nearest" });
  };
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") { event.preventDefault(); move(event.key === "ArrowDown" ? 1 : -1); }
    else if (event.key === "Enter" && at >= 0) { event.preventDefault(); $$("a", box)[at]?.click(); }
    else if (event.key === "Escape") { box.replaceChildren(); at = -1; }
  });
  return () => { at = -1; };
}

// form data-suggest="/suggest": products whose names begin like this.
function suggestions(root) {
  for (const form of $$("form[data-suggest]", root)) {
    const input = form.querySelector("input[type=search]");
    const box = document.createElement("div");
    box.className = "suggestions";
    form.append(box);
    const again = listUnder(input, box);
    input.addEventListener("input", calmly(async (signal) => {
      const html = input.value.trim() ? await part(`${form.dataset.suggest}?q=${encodeURIComponent(input.value)}`, signal) : "";
      box.innerHTML = html ?? "";
      again();
    }));
    input.addEventListener("blur", () => setTimeout(() => box.replaceChildren(), 200));
  }
}

// ⌘K or Ctrl+K: go anywhere. `/`: search here.
function palette() {
  const ways = new Map($$("nav a[href]").map((link) => [link.getAttribute("href"), link.firstChild?.textContent?.trim() || link.textContent.trim()]));
  const dialog = document.createElement("dialog");
  dialog.className = "palette";
  dialog.setAttribute("aria-label", document.body.dataset.go);
  dialog.innerHTML = '<div class="dialog-box"><input type="search" autocomplete="off"><div class="suggestions"></div></div>';
  const input = dialog.querySelector("input");
  const box = dialog.querySelector(".suggestions");
  input.placeholder = document.body.dataset.goHint;
  input.setAttribute("aria-label", input.placeholder);
  const again = listUnder(input, box);
  const show = calmly(async (signal) => {
    const wanted = input.value.trim().toLowerCase();
    const links = [...ways].filter(([, name]) => name && name.toLowerCase().includes(wanted)).slice(0, 8).map(([href, name]) => {
      const link = document.createElement("a");
      link.href = href;
      link.textContent = name;
      return link;
    });
    box.replaceChildren(...links);
    again();
    if (!wanted) return;
    const html = await part(`/suggest?q=${encodeURIComponent(wanted)}`, signal);
    if (html) box.insertAdjacentHTML("beforeend", html);
  }, 60);
  input.addEventListener("input", show);
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  document.addEventListener("keydown", (event) => {
    if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      if (!dialog.isConnected) document.body.append(dialog);
      input.value = "";
      if (!dialog.open) dialog.showModal();
      show();
    } else if (event.key === "/" && !event.target.closest("input, textarea, select, [contenteditable]")) {
      const search = document.querySelector("[data-shortcut='/']");
      if (search) { event.preventDefault(); search.focus(); search.select(); }
    }
  });
}

function toasts() {
  for (const toast of $$("[data-toast]")) setTimeout(() => toast.remove(), 6000);
  const here = new URL(location.href);
  if (here.searchParams.has("done")) { here.searchParams.delete("done"); history.replaceState(null, "", here); }
}

// data-saved: what was typed is saved by itself after a pause, and the note says so. The page that comes back brings the
// next version and the next key; what is in the fields stays as it is. A box that was ticked and is not any more goes with
// the button alone: what hangs on it (a certificate, prices) would be lost by a click that was not meant.
function autosave(form, note) {
  let timer, running;
  const typed = () => new URLSearchParams(new FormData(form));
  const unticked = () => $$("input[type=checkbox]", form).filter((box) => box.defaultChecked && !box.checked && !box.disabled);
  const said = (all) => { for (const own of ["_csrf", "_once", "draft"]) all.delete(own); return all.toString(); };
  const tell = (text) => { note.textContent = text; note.hidden = false; };
  const save = async () => {
    const sent = typed(), kept = unticked();
    for (const box of kept) sent.append(box.name, box.value);
    const answer = await fetch(form.action, { method: "POST", body: sent, headers: { accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const next = $$("form", page).find((other) => other.getAttribute("action") === form.getAttribute("action") && other.querySelector("[data-draft]"));
    if (!next) return tell(note.dataset.unsaved);
    form.elements._once.value = next.elements._once.value;
    if (!answer.ok) return tell(note.dataset.unsaved);
    for (const version of $$("input[name=draft]")) version.value = next.elements.draft.value;
    if (said(sent) === said(typed())) form.classList.remove("changed");
    if (kept.length) return tell(note.dataset.kept);
    tell(`${note.dataset.saved} ${new Date().toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" })}`);
  };
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      if (running) return soon();
      running = save().catch(() => tell(note.dataset.unsaved));
      await running;
      running = null;
    }, 1500);
  };
  form.addEventListener("input", soon);
  // Whoever presses a button meanwhile waits for the version that is on its way.
  form.addEventListener("submit", (event) => {
    clearTimeout(timer);
    if (!running) return;
    event.preventDefault();
    running.then(() => { running = null; form.requestSubmit(event.submitter); });
  });
}

// A form that keeps its way to save in sight once something was typed, and asks before it is left unsaved.
function drafts(root) {
  for (const row of $$("[data-draft]", root)) {
    const form = row.closest("form");
    let sent = false;
    form.addEventListener("input", () => form.classList.add("changed"));
    form.addEventListener("submit", () => { sent = true; });
    addEventListener("beforeunload", (event) => { if (form.isConnected && form.classList.contains("changed") && !sent) event.preventDefault(); });
    const note = row.querySelector("[data-saved]");
    if (note) autosave(form, note);
  }
  for (const present of $$(".tabs [aria-current]", root)) present.parentElement.scrollLeft = present.offsetLeft - 24;
}

// table data-matrix: Enter and the arrows move from cell to cell, what is copied from a spreadsheet fills cells from here on.
function matrices(root) {
  for (const table of $$("table[data-matrix]", root)) {
    const rows = () => [...table.tBodies[0].rows].map((row) => $$("input[type=text]", row));
    const placeOf = (cell) => {
      const all = rows();
      const row = all.findIndex((cells) => cells.includes(cell));
      return [all, row, all[row]?.indexOf(cell) ?? -1];
    };
    const go = (cell) => { if (cell) { cell.focus(); cell.select(); } };
    const below = (all, row, column, step) => {
      for (let at = row + step; at >= 0 && at < all.length; at += step) if (all[at][column]) return all[at][column];
      return null;
    };
    table.addEventListener("keydown", (event) => {
      const cell = event.target;
      if (!cell.matches?.("input[type=text]") || event.altKey || event.ctrlKey || event.metaKey) return;
      const [all, row, column] = placeOf(cell);
      const whole = cell.selectionStart === 0 && cell.selectionEnd === cell.value.length;
      const ways = {
        Enter: () => below(all, row, column, event.shiftKey ? -1 : 1),
        ArrowDown: () => below(all, row, column, 1),
        ArrowUp: () => below(all, row, column, -1),
        ArrowRight: () => (whole || cell.selectionStart === cell.value.length ? all[row][column + 1] : undefined),
        ArrowLeft: () => (whole || cell.selectionEnd === 0 ? all[row][column - 1] : undefined),
      };
      const next = ways[event.key]?.();
      if (next === undefined) return;
      event.preventDefault();
      go(next);
    });
    table.addEventListener("paste", (event) => {
      if (!event.target.matches?.("input[type=text]")) return;
      const lines = event.clipboardData.getData("text").replace(/\r?\n$/, "").split(/\r?\n/).map((line) => line.split("\t"));
      if (lines.length === 1 && lines[0].length === 1) return;
      event.preventDefault();
      const [all, row, column] = placeOf(event.target);
      lines.forEach((cells, down) => cells.forEach((text, right) => {
        const cell = all[row + down]?.[column + right];
        if (cell) cell.value = text.replace(/[^\d.,-]/g, "");
      }));
    });
    table.addEventListener("change", (event) => {
      if (event.target.matches?.("input[type=checkbox]")) event.target.closest("tr").classList.toggle("off", !event.target.checked);
    });
  }
}

// [data-lightbox]: its pictures open over the page, one at a time; arrows turn over, Escape closes.
function lightboxes(root) {
  for (const gallery of $$("[data-lightbox]", root)) {
    const links = $$("a[data-full]", gallery);
    const dialog = document.createElement("dialog");
    dialog.className = "lightbox";
    dialog.setAttribute("aria-label", gallery.getAttribute("aria-label"));
    const button = (sign, name, act) => {
      const made = document.createElement("button");
      made.type = "button"; made.className = "button"; made.textContent = sign;
      made.setAttribute("aria-label", name);
      made.onclick = act;
      return made;
    };
    let at = 0;
    const image = document.createElement("img");
    const count = document.createElement("span");
    count.setAttribute("aria-live", "polite");
    const show = (to) => {
      at = (to + links.length) % links.length;
      image.src = links[at].dataset.full;
      image.alt = links[at].querySelector("img").alt;
      count.textContent = `${at + 1} / ${links.length}`;
    };
    const bar = document.createElement("div");
    bar.className = "lightbox-bar";
    bar.append(count, button("✕", gallery.dataset.close, () => dialog.close()));
    const box = document.createElement("div");
    box.className = "lightbox-box";
    box.append(bar);
    if (links.length > 1) box.append(button("‹", gallery.dataset.previous, () => show(at - 1)), image, button("›", gallery.dataset.next, () => show(at + 1)));
    else box.append(image);
    dialog.append(box);
    dialog.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (step) { event.preventDefault(); show(at + step); }
    });
    dialog.addEventListener("click", (event) => { if (event.target === box || event.target === dialog) dialog.close(); });
    dialog.addEventListener("close", () => links[at].focus());
    links.forEach((link, number) => link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      if (!dialog.isConnected) document.body.append(dialog);
      show(number);
      dialog.showModal();
    }));
  }
}

function begin(root) {
  for (const each of [load, live, auto, dialogs, copies, sorting, uploads, suggestions, answers, drafts, matrices, lightboxes, strengths]) each(root);
  $$("[data-focus]", root)[0]?.focus();
}
begin(document);
palette();
toasts();
