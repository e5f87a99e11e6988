// What every page of ours needs: the Dashboard's token on each request, and what is shown while there is none.
import { connect } from "./app_bridge.js";

const HANDSHAKE_SECONDS = 10;
const RENEW_SECONDS = 20;
/** The path under which the app is published; "" for the root of its host. */
const root = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");
const apiUrl = new URLSearchParams(location.search).get("saleorApiUrl") ?? "";
const page = document.getElementById("page");
const notice = document.getElementById("notice");

let token = null;
let locale = null;
/** The request that was refused because its token had run out, until there is a new one. */
let refused = null;
let repeated = false;
let patience = 0;

const copy = (id) => document.getElementById(id).content.cloneNode(true);
/** Where a sentence goes without taking away what is on the page. */
const beside = () => document.querySelector("dialog[open] .problem") ?? notice;
const hasContent = () => page.dataset.loaded !== undefined;

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

function repeat() {
  const { verb, path, elt, target } = refused;
  refused = null;
  repeated = true;
  clearTimeout(patience);
  beside().replaceChildren();
  htmx.ajax(verb, path, { source: elt, target });
}

const bridge = connect({
  token(text) {
    const first = token === null;
    const changed = token !== text;
    token = text;
    clearTimeout(patience);
    if (first) htmx.trigger(page, "token");
    else if (refused && changed) repeat();
  },
  theme(name) {
    document.documentElement.dataset.theme = name;
  },
  locale(name) {
    locale = name;
  },
});

if (bridge === null) {
  showInPage("outside");
} else {
  patience = setTimeout(() => showInPage("outside"), HANDSHAKE_SECONDS * 1000);
  bridge.ready();
}

document.addEventListener("htmx:configRequest", ({ detail }) => {
  detail.headers["Authorization"] = `Bearer ${token}`;
  detail.headers["Saleor-Api-Url"] = apiUrl;
  if (locale) detail.headers["Accept-Language"] = locale;
  if (!detail.path.startsWith(`${root}/`)) detail.path = root + detail.path;
});

document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  if (detail.target === page) page.setAttribute("aria-busy", "true");
});

document.addEventListener("htmx:afterRequest", ({ detail }) => {
  if (detail.xhr.status !== 401) page.setAttribute("aria-busy", "false");
  if (!detail.successful) return;
  repeated = false;
  page.dataset.loaded = "";
  const back = detail.requestConfig.elt.dataset.back;
  if (back) document.getElementById(back)?.focus();
});

document.addEventListener("htmx:oobAfterSwap", async () => {
  const done = notice.querySelector(".done");
  if (!done) return;
  // Shown twice it would only be in the way; a Dashboard that does not answer leaves it to us.
  done.classList.add("told");
  done.classList.toggle("told", await bridge.notify(done.textContent));
});

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
  refused = detail.requestConfig;
  if (refused.headers["Authorization"] !== `Bearer ${token}`) {
    repeat();
    return;
  }
  say("renewing");
  patience = setTimeout(() => say("run-out"), RENEW_SECONDS * 1000);
  bridge.ready();
});

for (const trouble of ["htmx:sendError", "htmx:timeout"]) document.addEventListener(trouble, () => say("unreachable"));

document.addEventListener("click", ({ target }) => {
  const button = target.closest("button");
  if (!button) return;
  if (button.dataset.opens) {
    const dialog = document.getElementById(button.dataset.opens);
    dialog.querySelector(".problem").replaceChildren();
    dialog.showModal();
  }
  if (button.dataset.closes !== undefined) button.closest("dialog").close();
  if (button.dataset.again !== undefined) {
    notice.replaceChildren();
    htmx.trigger(page, "token");
  }
});
