// What every page of ours needs: the Dashboard's token on each request, the way from page to page, and what is
// shown while there is no token.
import { connect } from "./app_bridge.js";

const HANDSHAKE_SECONDS = 10;
const RENEW_SECONDS = 20;
/** The path under which the app is published; "" for the root of its host. */
const root = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");
/** What the Dashboard has put into our address, such as the shop's, and the customer a widget is about. */
const given = new URLSearchParams(location.search);
const OF_THE_DASHBOARD = ["domain", "saleorApiUrl", "id", "theme", "saleorVersion", "dashboardVersion", "featureFlags"];
const apiUrl = given.get("saleorApiUrl") ?? "";
const page = document.getElementById("page");
const notice = document.getElementById("notice");

let token = null;
let locale = null;
/** The page that is shown: its path with its query, as the app knows it. */
let here = asked();
/** The requests that were refused because their token had run out, until there is a new one. */
let refused = [];
let repeated = false;
let patience = 0;

const copy = (id) => document.getElementById(id).content.cloneNode(true);
/** Where a sentence goes without taking away what is on the page. */
const beside = () => document.querySelector("dialog[open] .problem") ?? notice;
const hasContent = () => page.dataset.loaded !== undefined;
const authorised = () => ({
  Authorization: `Bearer ${token}`,
  "Saleor-Api-Url": apiUrl,
  ...(locale ? { "Accept-Language": locale } : {}),
});

/** The page of the address bar, without what the Dashboard says in each address. */
function asked() {
  const own = new URLSearchParams([...given].filter(([name]) => !OF_THE_DASHBOARD.includes(name)));
  return location.pathname.slice(root.length) + (own.size ? `?${own}` : "");
}

function showInPage(id) {
  const state = document.createElement("div");
  state.className = "state";
  state.setAttribute("role", "alert");
  state.append(copy(id));
  page.replaceChildren(state);
  page.setAttribute("aria-busy", "false");
}

function say(id) {
  if (hasContent()) beside().replaceChildren(copy(id));
  else showInPage(id);
}

/** What goes wrong is said by the events below. */
const load = () => htmx.ajax("GET", here, { source: page, target: page }).catch(() => {});

/** To another page, or the same one in another order; `stay` leaves the scroll and the focus where they are. */
async function go(path, { stay = false, told = "" } = {}) {
  here = path;
  markTab();
  notice.replaceChildren();
  bridge.moved(path);
  await load();
  if (told) showDone(told);
  if (stay) return;
  scrollTo(0, 0);
  page.focus({ preventScroll: true });
}

function markTab() {
  const path = here.split("?")[0];
  const tabs = [...document.querySelectorAll(".tabs a")];
  const within = (tab) => path === tab.getAttribute("href") || path.startsWith(`${tab.getAttribute("href")}/`);
  // The longest: every page lies under the first one's path.
  const mine = tabs.filter(within).sort((one, other) => other.getAttribute("href").length - one.getAttribute("href").length)[0];
  for (const tab of tabs) {
    if (tab === mine) tab.setAttribute("aria-current", "page");
    else tab.removeAttribute("aria-current");
  }
  mine?.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function repeat() {
  const again = refused;
  refused = [];
  repeated = true;
  clearTimeout(patience);
  beside().replaceChildren();
  for (const { verb, path, elt, target } of again) htmx.ajax(verb, path, { source: elt, target }).catch(() => {});
}

const bridge = connect({
  token(text) {
    const first = token === null;
    const changed = token !== text;
    token = text;
    clearTimeout(patience);
    if (first) load();
    else if (refused.length && changed) repeat();
  },
  theme(name) {
    document.documentElement.dataset.theme = name;
  },
  locale(name) {
    const changed = locale !== null && locale !== name;
    locale = name;
    document.documentElement.lang = name;
    if (changed && token) load();
  },
});

markTab();
if (bridge === null) {
  showInPage("outside");
} else {
  patience = setTimeout(() => showInPage("outside"), HANDSHAKE_SECONDS * 1000);
  bridge.ready();
}
if (document.documentElement.classList.contains("widget")) {
  new ResizeObserver(() => bridge?.resize(document.documentElement.offsetHeight)).observe(document.body);
}

document.addEventListener("htmx:configRequest", ({ detail }) => {
  Object.assign(detail.headers, authorised());
  if (!detail.path.startsWith(`${root}/`)) detail.path = root + detail.path;
});

document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  if (detail.target === page) page.setAttribute("aria-busy", "true");
});

document.addEventListener("htmx:afterRequest", ({ detail }) => {
  if (detail.xhr.status !== 401) page.setAttribute("aria-busy", "false");
  if (!detail.successful) return;
  repeated = false;
  if (detail.target === page) page.dataset.loaded = "";
  const back = detail.requestConfig.elt.dataset.back;
  // What the answer itself wants to be read first has the focus already.
  if (back && !document.activeElement?.matches("[autofocus]")) document.getElementById(back)?.focus();
});

document.addEventListener("htmx:afterSwap", async () => {
  if (!document.querySelector("[data-drawing]:empty")) return;
  const { draw } = await import("./drawings.js");
  draw();
});

async function showDone(told) {
  const done = document.createElement("p");
  done.className = "done";
  done.textContent = told;
  notice.replaceChildren(done);
  await tell(done);
}

/** Shown twice it would only be in the way; a Dashboard that does not answer leaves it to us. */
async function tell(done) {
  done.classList.add("told");
  done.classList.toggle("told", await bridge.notify(done.textContent));
}

document.addEventListener("htmx:oobAfterSwap", () => {
  const done = notice.querySelector(".done");
  if (done) tell(done);
});

/** An action has led to another page; see `admin_ui.answers.go`. */
document.addEventListener("go", ({ detail }) => go(detail.path, { told: detail.notice }));

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  // Somebody between us and the app answered with something else than one of its sentences.
  if (detail.xhr.status >= 400 && !detail.xhr.getResponseHeader("Content-Type")?.startsWith("text/html")) {
    detail.shouldSwap = false;
    say("unreachable");
  }
});

document.addEventListener("htmx:responseError", ({ detail }) => {
  if (detail.xhr.status !== 401) return;
  if (repeated) {
    repeated = false;
    htmx.swap(detail.requestConfig.verb === "get" ? page : beside(), detail.xhr.responseText, { swapStyle: "innerHTML" });
    page.setAttribute("aria-busy", "false");
    return;
  }
  refused.push(detail.requestConfig);
  if (detail.requestConfig.headers["Authorization"] !== `Bearer ${token}`) {
    repeat();
    return;
  }
  say("renewing");
  patience = setTimeout(() => say("run-out"), RENEW_SECONDS * 1000);
  bridge.ready();
});

for (const trouble of ["htmx:sendError", "htmx:timeout"]) document.addEventListener(trouble, () => say("unreachable"));

/** An answer to a choice would take back what was filled in meanwhile: it is asked for again with that. */
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const { elt, formData } = detail.requestConfig;
  if (!elt.matches("select")) return;
  const fields = detail.target.querySelectorAll("select, input:not([type=checkbox], [type=radio])");
  if ([...fields].every(({ name, value }) => !formData.has(name) || formData.get(name) === value)) return;
  detail.shouldSwap = false;
  htmx.trigger(elt, "change");
});

/** A list to choose from would take back what was ticked meanwhile: it is asked for again with that. */
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const boxes = detail.target.matches(".pick-list") ? [...detail.target.querySelectorAll("input")] : [];
  if (!boxes.length) return;
  const { elt, formData } = detail.requestConfig;
  const ticked = boxes.filter((box) => box.checked).map((box) => box.value);
  if (ticked.join() === formData.getAll(boxes[0].name).join()) return;
  detail.shouldSwap = false;
  elt.closest(".pick").querySelector("button").click();
});

/** A file, asked for with the token, which a plain link could not carry. */
async function save(path) {
  let answer;
  try {
    answer = await fetch(root + path, { headers: authorised() });
  } catch {
    return say("unreachable");
  }
  if (!answer.ok) return notice.replaceChildren(document.createRange().createContextualFragment(await answer.text()));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await answer.blob());
  link.download = answer.headers.get("Content-Disposition")?.match(/filename="([^"]+)"/)?.[1] ?? "";
  link.click();
  URL.revokeObjectURL(link.href);
}

/** A form that only asks: its fields become the page's address; those left empty are not named. */
document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-page]");
  if (!form) return;
  event.preventDefault();
  const asked = new URLSearchParams([...new FormData(form)].filter(([, value]) => value !== ""));
  go(form.getAttribute("action") + (asked.size ? `?${asked}` : ""), { stay: true });
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("a");
  if (link && !event.defaultPrevented && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    const { page: ours, save: file, dashboard, stay } = link.dataset;
    if (ours === undefined && file === undefined && dashboard === undefined) return;
    event.preventDefault();
    if (ours !== undefined) go(link.getAttribute("href"), { stay: stay !== undefined });
    else if (file !== undefined) save(link.getAttribute("href"));
    else bridge.redirect(dashboard);
    return;
  }
  const button = event.target.closest("button");
  if (!button) return;
  if (button.dataset.opens) {
    const dialog = document.getElementById(button.dataset.opens);
    dialog.querySelector(".problem").replaceChildren();
    dialog.showModal();
  }
  if (button.dataset.closes !== undefined) button.closest("dialog").close();
  if (button.dataset.again !== undefined) {
    notice.replaceChildren();
    load();
  }
  if (button.dataset.addsRow !== undefined) {
    const rows = button.previousElementSibling;
    rows.append(rows.querySelector("template").content.cloneNode(true));
    rows.lastElementChild.querySelector("input, select").focus();
  }
  if (button.dataset.removesRow !== undefined) {
    const rows = button.parentElement.parentElement;
    button.parentElement.remove();
    rows.nextElementSibling.focus();
    rows.dispatchEvent(new Event("change", { bubbles: true }));
  }
});

/** Fields that mean something only beside what another one says. */
function unfold({ target }) {
  for (const field of target.form?.querySelectorAll("[data-needs]") ?? []) {
    const asked = target.form.elements[field.dataset.needs];
    const said = asked?.type === "checkbox" && !asked.checked ? "" : (asked?.value ?? "");
    field.hidden = field.dataset.when ? !field.dataset.when.split(" ").includes(said) : said === "";
  }
}
document.addEventListener("input", unfold);

/** A mail in its frame: the page's policy takes no styles from within, so they are put on from here. */
document.addEventListener("load", ({ target: frame }) => {
  if (!frame.matches?.("iframe.mail")) return;
  const { contentDocument: mail, contentWindow: inside } = frame;
  for (const one of mail.querySelectorAll("[data-style]")) one.style.cssText = one.dataset.style;
  const sheet = new inside.CSSStyleSheet();
  sheet.replaceSync([...mail.querySelectorAll("template")].map((one) => one.content.textContent).join(""));
  mail.adoptedStyleSheets = [sheet];
  mail.addEventListener("click", (event) => event.preventDefault());
  frame.style.height = `${mail.documentElement.scrollHeight}px`;
}, true);
