// The app's side of Saleor's App Bridge: what the Dashboard around this frame says, and the little we say to it.

const ANSWER_SECONDS = 1;

/** The origin of the page that frames us, or null where nobody does. */
function parentOrigin() {
  if (window.parent === window) return null;
  // The referrer is only known to be the parent's until the frame goes elsewhere by itself.
  const origin = location.ancestorOrigins?.[0] ?? (document.referrer && new URL(document.referrer).origin);
  return origin && origin !== "null" ? origin : null;
}

/**
 * Listens for the Dashboard. `heard` has a function for each kind of message: token(text), theme("light" | "dark"),
 * locale(text). Returns null where there is no Dashboard, else what can be said to it.
 */
export function connect(heard) {
  const origin = parentOrigin();
  if (origin === null) return null;

  /** What waits for the Dashboard's word that it has done it, by the action's id. */
  const asked = new Map();

  const kinds = {
    handshake: ({ token }) => heard.token(token),
    tokenRefresh: ({ token }) => heard.token(token),
    theme: ({ theme }) => heard.theme(String(theme).toLowerCase().includes("dark") ? "dark" : "light"),
    localeChanged: ({ locale }) => heard.locale(String(locale)),
    response: ({ actionId, ok }) => settle(actionId, ok === true),
  };

  window.addEventListener("message", (event) => {
    if (event.source !== window.parent || event.origin !== origin) return;
    const { type, payload } = event.data ?? {};
    if (Object.hasOwn(kinds, type) && payload) kinds[type](payload);
  });

  function settle(actionId, done) {
    asked.get(actionId)?.(done);
    asked.delete(actionId);
  }

  function say(type, payload = {}) {
    const actionId = crypto.getRandomValues(new Uint32Array(4)).join("-");
    window.parent.postMessage({ type, payload: { actionId, ...payload } }, origin);
    return actionId;
  }

  return {
    /** Asks for a handshake, which brings a token. */
    ready: () => say("notifyReady"),
    /** Keeps the page in the Dashboard's address, so that it is there again after a reload. */
    moved: (path) => say("updateRouting", { newRoute: path.replace(/^\/admin/, "") || "/" }),
    /** Leads to a place of the Dashboard's own, such as `/customers/ID`. */
    redirect: (to) => say("redirect", { to }),
    /** How high a widget wants to be, in pixels. */
    resize: (height) => say("widgetResize", { height }),
    /** Shows a sentence in the Dashboard's own corner; whether the Dashboard said that it does. */
    notify: (title) =>
      new Promise((resolve) => {
        const actionId = say("notification", { status: "success", title });
        asked.set(actionId, resolve);
        setTimeout(() => settle(actionId, false), ANSWER_SECONDS * 1000);
      }),
  };
}
