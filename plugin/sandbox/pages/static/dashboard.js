// The Dashboard's side of App Bridge.
const SALEOR = "3.24.0", DASHBOARD = "3.23.27", REFRESH_EVERY = 4 * 60 * 1000;
const byId = (id) => document.getElementById(id);
const api = `${location.origin}/graphql/`;
let theme = localStorage.getItem("theme") ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
let app = null, frame = null, apps = [];

async function post(path, body, token) {
  const headers = { "Content-Type": "application/json", ...(token ? { Authorization: `Bearer ${token}` } : {}) };
  return (await fetch(path, { method: "POST", headers, body: JSON.stringify(body) })).json();
}

async function readApps() {
  const { token } = await post("/sandbox/sign-in", { email: "admin@example.com" });
  const query = `{ apps(first: 20) { edges { node { id name version author appUrl manifestUrl
    extensions { label url mountName targetName } } } } }`;
  return (await post("/graphql/", { query }, token)).data.apps.edges.map((edge) => edge.node).filter((each) => each.appUrl);
}

const appToken = async () => (await post("/sandbox/dashboard-token", { app: app.id })).token;

function say(type, payload) {
  frame?.contentWindow.postMessage({ type, payload }, new URL(frame.src).origin);
}

function open(path = "") {
  const url = new URL(path ? new URL(path, app.appUrl.endsWith("/") ? app.appUrl : `${app.appUrl}/`) : app.appUrl);
  const context = { domain: location.host, saleorApiUrl: api, id: app.id, theme };
  for (const [name, value] of Object.entries(context)) url.searchParams.set(name, value);
  frame = document.createElement("iframe");
  frame.title = app.name;
  frame.setAttribute("sandbox", "allow-same-origin allow-forms allow-scripts allow-downloads allow-popups");
  frame.referrerPolicy = "origin";
  frame.src = url.href;
  byId("frame").replaceChildren(frame);
  byId("name").textContent = app.name;
  byId("about").textContent = [app.version, app.author].filter(Boolean).join(" · ");
  byId("top").hidden = false;
  byId("none").hidden = true;
}

function link(text, action, here) {
  const made = document.createElement("a");
  made.href = "#";
  made.textContent = text;
  made.className = here ? "here" : "";
  made.addEventListener("click", (event) => { event.preventDefault(); byId("nav").parentElement.classList.remove("open"); action(); });
  return made;
}

function showNavigation() {
  const entries = apps.map((each) => link(each.name, () => { app = each; open(); showNavigation(); }, app === each));
  byId("apps").replaceChildren(...entries, link("Install an app", () => { app = null; showInstall(); showNavigation(); }, !app));
  for (const place of document.querySelectorAll("[data-mount]")) {
    const found = apps.flatMap((each) => each.extensions.filter((extension) =>
      extension.mountName.toUpperCase() === place.dataset.mount && extension.targetName.toUpperCase() === "APP_PAGE"
    ).map((extension) => link(extension.label, () => { app = each; open(extension.url.replace(/^\//, "")); showNavigation(); })));
    place.replaceChildren(...found);
  }
}

function showInstall() {
  byId("frame").replaceChildren();
  byId("top").hidden = true;
  byId("none").hidden = false;
}

function toast({ title, text, status }) {
  const made = document.createElement("div"), head = document.createElement("strong"), body = document.createElement("div");
  made.className = `card toast ${["success", "error", "warning"].includes(status) ? status : ""}`;
  head.textContent = title ?? "";
  body.textContent = text ?? "";
  body.className = "small";
  made.append(head, body);
  byId("toasts").append(made);
  setTimeout(() => made.remove(), 6000);
}

const actions = {
  notification: toast,
  redirect({ to, newContext }) {
    const url = new URL(to, location.origin);
    const own = url.pathname.includes("/app/") || url.origin !== location.origin;
    if (newContext || !own) toast({ title: "Redirect", text: url.origin === location.origin ? url.pathname : url.href });
    if (newContext && /^https?:$/.test(url.protocol)) window.open(url.href, "_blank", "noopener");
  },
  updateRouting({ newRoute }) { history.pushState(null, "", `?app=${encodeURIComponent(app.id)}&path=${encodeURIComponent(newRoute.replace(/^\//, ""))}`); },
  requestPermissions({ permissions }) { toast({ title: "Permissions asked for", text: (permissions ?? []).join(", ") }); },
  popupClose() { open(); },
  widgetResize() {}, refreshEntity() {}, openPopup({ url }) { toast({ title: "Popup", text: url }); },
};

addEventListener("message", async (event) => {
  if (!frame || event.source !== frame.contentWindow || event.origin !== new URL(frame.src).origin) return;
  const { type, payload = {} } = event.data ?? {};
  if (type === "notifyReady") {
    say("handshake", { token: await appToken(), version: 1, saleorVersion: SALEOR, dashboardVersion: DASHBOARD });
    say("response", { actionId: payload.actionId, ok: true });
  } else if (Object.hasOwn(actions, type)) {
    actions[type](payload);
    say("response", { actionId: payload.actionId, ok: true });
  }
});

function showTheme() {
  document.documentElement.dataset.theme = theme;
  byId("theme").textContent = theme === "dark" ? "Light" : "Dark";
}

byId("theme").addEventListener("click", () => {
  theme = theme === "dark" ? "light" : "dark";
  localStorage.setItem("theme", theme);
  showTheme();
  say("theme", { theme });
});

byId("menu").addEventListener("click", () => {
  const opened = byId("menu").closest("aside").classList.toggle("open");
  byId("menu").setAttribute("aria-expanded", opened);
});

byId("install").addEventListener("submit", async (event) => {
  event.preventDefault();
  byId("why").textContent = "";
  const done = await post("/sandbox/install", { manifestUrl: byId("manifest").value });
  if (done.error || !done.app) { byId("why").textContent = done.error ?? "Not installed."; return; }
  apps = await readApps();
  app = apps.find((each) => each.id === done.app) ?? null;
  if (app) open();
  showNavigation();
});

addEventListener("popstate", () => { if (app) open(new URLSearchParams(location.search).get("path") ?? ""); });
setInterval(async () => { if (app) say("tokenRefresh", { token: await appToken() }); }, REFRESH_EVERY);
showTheme();
apps = await readApps();
const asked = new URLSearchParams(location.search);
byId("manifest").value = asked.get("manifestUrl") ?? "";
app = asked.has("manifestUrl") ? null : apps.find((each) => each.id === asked.get("app")) ?? apps.at(-1) ?? null;
if (app) open(asked.get("path") ?? ""); else showInstall();
showNavigation();
