// The app's side of Saleor's App Bridge: what the Dashboard around this frame says, and the little we say to it.

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

  const kinds = {
    handshake: ({ token }) => heard.token(token),
    tokenRefresh: ({ token }) => heard.token(token),
    theme: ({ theme }) => heard.theme(String(theme).toLowerCase().includes("dark") ? "dark" : "light"),
    localeChanged: ({ locale }) => heard.locale(String(locale)),
  };

  window.addEventListener("message", (event) => {
    if (event.source !== window.parent || event.origin !== origin) return;
    const { type, payload } = event.data ?? {};
    if (Object.hasOwn(kinds, type) && payload) kinds[type](payload);
  });

  function say(type, payload = {}) {
    const random = crypto.getRandomValues(new Uint32Array(4));
    window.parent.postMessage({ type, payload: { actionId: random.join("-"), ...payload } }, origin);
  }

  return {
    /** Asks for a handshake, which brings a token. */
    ready: () => say("notifyReady"),
  };
}
