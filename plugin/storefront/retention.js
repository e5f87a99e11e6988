// Saleor Retention for storefronts: three elements and window.retention; docs/storefront.md says how to use them.
// It needs no build: it is served as it stands here, but for comments on lines of their own and indentation.
// Nothing in it may break a page: where anything is missing, nothing is shown.
(() => {
  const script = document.querySelector('script[data-shop][src*="/storefront/v1/retention"]');
  // Loaded twice: the first one stays. A browser that is too old for this shows nothing.
  if (!script || window.retention?.signIn || !document.adoptedStyleSheets) return;

  const APP = script.src.replace(/\/retention[^/]*$/, "/");
  const SHOP = script.dataset.shop;
  // In the address bar, and the one key in sessionStorage.
  const KEY = "retention";
  // All times are in milliseconds. An answer is waited for so long;
  const PATIENCE = 1200;
  // after this pause it is asked for once more, and a basket that changes is asked about.
  const PAUSE = 300;
  // What was said of the threshold is believed so long while the basket changes.
  const KEPT = 60_000;
  // Events wait so long for others, and so many go together.
  const GATHERED = 3000;
  const MOST = 20;
  // Half of it was visible so long: seen.
  const LOOKED = 1000;

  // Dismiss | Copy | Copied | Ends (in 3 days)
  const WORDS = {
    ar: "إغلاق|نسخ|تم النسخ|ينتهي",
    de: "Schließen|Kopieren|Kopiert|Endet",
    en: "Dismiss|Copy|Copied|Ends",
    es: "Cerrar|Copiar|Copiado|Termina",
    fi: "Sulje|Kopioi|Kopioitu|Päättyy",
    fr: "Fermer|Copier|Copié|Se termine",
    he: "סגירה|העתקה|הועתק|מסתיים",
    it: "Chiudi|Copia|Copiato|Scade",
    nb: "Lukk|Kopier|Kopiert|Slutter",
    nl: "Sluiten|Kopiëren|Gekopieerd|Eindigt",
    pl: "Zamknij|Kopiuj|Skopiowano|Kończy się",
    pt: "Fechar|Copiar|Copiado|Termina",
    sv: "Stäng|Kopiera|Kopierat|Slutar",
  };

  // Colours are the page's own, thinned, so that they fit light and dark alike; the bar's green stands out on both.
  const LOOK = `
    :host {
      --_height: var(--retention-min-height, 3.5rem);
      --_radius: var(--retention-radius, .5rem);
      display: block;
      min-height: var(--_height);
      color: var(--retention-color, inherit);
      font: var(--retention-font, inherit);
    }
    :host([hidden]) { display: none; }
    [part~=box] {
      position: relative;
      box-sizing: border-box;
      min-height: inherit;
      display: flex;
      flex-wrap: wrap;
      align-items: center;
      gap: var(--retention-gap, .4rem .75rem);
      padding: var(--retention-padding, .6rem .9rem);
      border: var(--retention-border, 1px solid color-mix(in srgb, currentColor 14%, transparent));
      border-radius: var(--_radius);
      background: var(--retention-background, color-mix(in srgb, currentColor 4%, transparent));
      overflow-wrap: anywhere;
    }
    [part~=dismissible] { padding-inline-end: 2.75rem; }
    [part=body] { flex: 1 1 12rem; min-width: 0; }
    [part=title] { display: block; }
    [part=text] { margin: 0; }
    [part=until] { font-size: .875em; }
    [part=image] {
      width: var(--retention-image-size, 3rem);
      height: var(--retention-image-size, 3rem);
      object-fit: cover;
      border-radius: var(--_radius);
    }
    a { color: inherit; }
    [part=code] { font: 600 1em monospace; padding: .2em .5em; border: 1px dashed; border-radius: var(--_radius); }
    button {
      font: inherit;
      color: inherit;
      background: none;
      border: 1px solid;
      border-radius: var(--_radius);
      min-width: 2rem;
      min-height: 2rem;
      padding: 0 .6em;
      cursor: pointer;
    }
    [part=dismiss] { position: absolute; top: calc(var(--_height) / 2 - 1rem); inset-inline-end: .4rem; border: 0; }
    :focus-visible { outline: 2px solid; outline-offset: 2px; }
    [part=bar] {
      flex: 1 0 100%;
      height: var(--retention-bar-height, .5rem);
      border-radius: 1rem;
      overflow: hidden;
      background: var(--retention-track, color-mix(in srgb, currentColor 10%, transparent));
    }
    [part=fill] {
      height: 100%;
      width: 0;
      border-radius: inherit;
      background: var(--retention-accent, #278f61);
      transition: width .3s;
    }
    @media (prefers-reduced-motion: reduce) {
      [part=fill] { transition: none; }
    }
    @media (forced-colors: active) {
      [part=bar] { border: 1px solid; }
      [part=fill] { background: Highlight; }
    }`;

  // Sheets made like this are allowed by a strict Content-Security-Policy.
  const [SHOWN, GONE] = [LOOK, ":host { display: none !important; }"].map((css) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    return [sheet];
  });

  // Our elements in the page.
  const pieces = new Set();
  // Question → { era, said }: when it was asked last and what was answered (null: nothing, undefined: not known yet).
  const asked = new Map();
  // Grows when everything is to be asked anew; an answer of an older era comes too late.
  let era = 0;
  // Earned or not → the merchant's text for it, its tokens unfilled.
  let texts = {};
  let token = "";
  let subtotal = "0";
  let currency;
  let { channel = "", country = "" } = script.dataset;
  let earned = false;
  let refused = 0;
  let planned, settling;

  const known = (question) => asked.get(question)?.said;
  const isOver = (said) => Boolean(said?.until) && Date.parse(said.until) <= Date.now();
  const tell = (name, detail) => document.dispatchEvent(new CustomEvent(`retention:${name}`, { detail }));

  // Words, money and time in the page's language.

  function language() {
    try {
      const given = script.dataset.lang || document.documentElement.lang || navigator.language;
      return Intl.getCanonicalLocales(given.replace("_", "-"))[0];
    } catch {
      return "en";
    }
  }

  const word = (number) => (script.dataset.words ?? WORDS[language().split("-")[0]] ?? WORDS.en).split("|")[number];

  function timeLeft(until) {
    const minutes = Math.max(1, (Date.parse(until) - Date.now()) / 60_000);
    const [amount, unit] =
      minutes < 60 ? [minutes, "minute"] : minutes < 2880 ? [minutes / 60, "hour"] : [minutes / 1440, "day"];
    return `${word(3)} ${new Intl.RelativeTimeFormat(language()).format(Math.floor(amount), unit)}`;
  }

  // Questions to the app.

  /** Undefined where there is no answer in time. */
  async function ask(path, about = [], body) {
    const query = new URLSearchParams([["shop", SHOP], ...about]);
    for (const pause of [PAUSE, 0]) {
      const bearer = body ? "" : token;
      try {
        // A body goes as plain text, which needs no preflight.
        const answer = await fetch(`${APP}${path}?${query}`, {
          method: body ? "POST" : "GET",
          body,
          headers: bearer ? { Authorization: `Bearer ${bearer}` } : {},
          credentials: "omit",
          signal: AbortSignal.timeout(PATIENCE),
        });
        if (answer.status === 401 && bearer) {
          // Then what everyone gets, until the storefront signs in again.
          if (token === bearer) token = "";
          // Not at once again: a storefront that answers with a token as bad would ask for ever.
          if (Date.now() > refused + KEPT) {
            refused = Date.now();
            tell("expired");
          }
          continue;
        }
        if (answer.status < 500) return answer.status === 200 ? await answer.json() : null;
      } catch {
        // Away, or too slow.
      }
      if (pause) await new Promise((done) => setTimeout(done, pause));
    }
  }

  async function hear(questions, answer, read) {
    const when = era;
    for (const question of questions) asked.set(question, { era, said: known(question) });
    const said = await answer;
    if (when !== era) return;
    for (const question of questions) asked.set(question, { era, said: read(said, question) ?? null });
    measure();
  }

  /** Asks for what the page's elements show and nobody has asked for yet: all places by one question. */
  function plan() {
    planned ??= setTimeout(() => {
      planned = undefined;
      const wanted = new Set([...pieces].map((piece) => piece.question));
      const open = [...wanted].filter((question) => question && asked.get(question)?.era !== era);
      const places = open.filter((question) => question.startsWith("slot="));
      if (open.includes("free-shipping")) askShipping();
      if (open.includes("banner")) hear(["banner"], ask("banner"), (said) => said);
      if (places.length) {
        const about = [["channel", channel], ["lang", language()], ...places.map((place) => place.split("="))];
        hear(places, ask("content", about), (said, place) => said?.slots?.[place.slice(5)]);
      }
      draw();
    });
  }

  /** What is shown stays until the answer is there, unless it is to be forgotten. */
  function renew(forget) {
    era += 1;
    texts = {};
    if (forget) asked.clear();
    plan();
  }

  // Free shipping: the app says the threshold, the page works out what is left.

  function askShipping() {
    const at = subtotal;
    const about = [["channel", channel], ["country", country], ["subtotal", at], ["lang", language()]];
    hear(["free-shipping"], ask("free-shipping", about), (said, question) => {
      const before = known(question);
      // Away for a moment: what was said in this era is still true.
      if (said === undefined && before?.era === era) return { ...before, since: Date.now(), lost: true };
      if (!said) return null;
      if (said.tokens || said.earned) texts[said.earned] = said.tokens ?? said.text;
      return { ...said, at, era, since: Date.now() };
    });
  }

  function progress(said) {
    if (!said || isOver(said) || (currency ?? said.currency) !== said.currency) return null;
    const format = new Intl.NumberFormat(language(), { style: "currency", currency: said.currency });
    const digits = format.resolvedOptions().maximumFractionDigits;
    // In the currency's smallest unit, halves up, as the app rounds.
    const units = (amount) => Math.round(Number(`${amount}e${digits}`)) || 0;
    const money = (amount) => format.format(amount / 10 ** digits);
    const [goal, got] = [units(said.threshold), units(subtotal)];
    const left = Math.max(0, goal - got);
    return {
      earned: !left,
      percent: left ? Math.floor((got / goal) * 100) : 100,
      words: fill(said, !left, money(left), money(goal)),
      amounts: `${money(got)} / ${money(goal)}`,
    };
  }

  /** The merchant's text for this state of the basket; undefined where only the app knows it. */
  function fill(said, isEarned, left, goal) {
    const now = said.at === subtotal;
    const own = said.tokens ?? (now || said.earned ? said.text : undefined);
    const text = now || said.earned === isEarned ? own : texts[isEarned];
    return text?.replaceAll("{left}", () => left).replaceAll("{threshold}", () => goal);
  }

  /** The basket or the threshold is another one: is it earned now, and has the app to be asked? */
  function measure() {
    const said = known("free-shipping"), done = progress(said);
    if (done && done.earned !== earned) {
      earned = done.earned;
      if (earned) tell("earned", { threshold: said.threshold, currency: said.currency });
    }
    const unknown = done?.words === undefined && !said?.lost;
    if (done && said.at !== subtotal && (unknown || Date.now() - said.since > KEPT)) {
      clearTimeout(settling);
      settling = setTimeout(askShipping, PAUSE);
    }
    draw();
  }

  // Events: none without consent.

  const queue = [];
  const seen = new Set();
  const looking = new WeakMap();
  let consent = false;
  let gathering;

  function track(type, { ref, product } = {}) {
    if (!consent) return;
    queue.push({ type, ref, product, at: new Date().toISOString() });
    if (queue.length < MOST) gathering ??= setTimeout(send, GATHERED);
    else send();
  }

  function send() {
    clearTimeout(gathering);
    gathering = undefined;
    if (!queue.length) return;
    const letter = { shop: SHOP, consent, token: token || undefined, events: queue.splice(0) };
    // Like sendBeacon, it outlives the page; unlike it, it sends no cookies.
    const manner = { method: "POST", mode: "no-cors", credentials: "omit", keepalive: true };
    fetch(`${APP}events`, { ...manner, body: JSON.stringify(letter) }).catch(() => {});
  }

  const watcher = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      clearTimeout(looking.get(target));
      if (isIntersecting) looking.set(target, setTimeout(look, LOOKED, target));
    }
  }, { threshold: 0.5 });

  function look({ ref }) {
    if (!ref || !consent || document.hidden || seen.has(ref)) return;
    seen.add(ref);
    track("seen", { ref });
  }

  function watch(piece) {
    watcher.unobserve(piece);
    if (piece.ref) watcher.observe(piece);
  }

  // The code of a link: exchanged on arrival, kept for this tab.

  let link = null;
  const code = () => (link && !isOver(link) ? link : null);

  function keep(given) {
    link = given;
    try {
      if (given) sessionStorage.setItem(KEY, JSON.stringify({ ...given, shop: SHOP }));
      else sessionStorage.removeItem(KEY);
    } catch {
      // No storage: it lives as long as this page.
    }
    if (given) tell("code", given);
    draw();
  }

  function recall() {
    try {
      const { shop, ...kept } = JSON.parse(sessionStorage.getItem(KEY)) ?? {};
      if (kept.code) keep(shop === SHOP && !isOver(kept) ? kept : null);
    } catch {
      // No storage, or not ours.
    }
  }

  async function arrive() {
    const given = new URLSearchParams(location.search).get(KEY);
    if (given !== null) {
      const rest = location.search.slice(1).split("&").filter((part) => part.split("=")[0] !== KEY).join("&");
      history.replaceState(history.state, "", location.pathname + (rest && `?${rest}`) + location.hash);
      const said = await ask("offer", [], JSON.stringify({ shop: SHOP, token: given }));
      if (said?.code) return keep({ code: said.code, label: said.label, until: said.until });
    }
    recall();
  }

  // The elements. Everything is a text node; addresses are http(s) or nothing.

  function make(tag, part, text = "", attributes = {}) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries({ part, ...attributes })) element.setAttribute(name, value);
    element.textContent = text;
    return element;
  }

  /** The same once more would be read out once more. */
  function write(element, text) {
    if (element.textContent !== text) element.textContent = text;
  }

  function press(part, text, label, action) {
    const button = make("button", part, text, { type: "button", ...label });
    button.addEventListener("click", action);
    return button;
  }

  function address(given) {
    const { protocol, href } = make("a", "", "", { href: given ?? "data:" });
    return /^http/.test(protocol) ? href : null;
  }

  class Piece extends HTMLElement {
    root = this.attachShadow({ mode: "open" });

    connectedCallback() {
      this.root.adoptedStyleSheets = SHOWN;
      pieces.add(this);
      plan();
    }

    disconnectedCallback() {
      pieces.delete(this);
      watcher.unobserve(this);
    }

    attributeChangedCallback() {
      plan();
    }

    /** Null: there is nothing, and the storefront may have said to give up the room. Undefined: not known yet. */
    clear(said, gone = said === null && this.hasAttribute("collapse")) {
      this.show(undefined);
      if (gone) this.root.adoptedStyleSheets = GONE;
    }

    show(drawn, ref, ...nodes) {
      this.root.adoptedStyleSheets = SHOWN;
      this.root.replaceChildren(...nodes);
      this.drawn = drawn;
      this.ref = ref;
      watch(this);
    }
  }

  class FreeShipping extends Piece {
    static observedAttributes = ["subtotal"];
    question = "free-shipping";

    attributeChangedCallback(_name, _before, given) {
      retention.basket({ subtotal: given });
    }

    draw() {
      const said = known(this.question), done = progress(said);
      if (!done) return this.clear(said && null);
      if (!this.drawn) this.build();
      const { box, text, bar, fill } = this.drawn;
      // Until the app has said its text for this state the old one stays; should it be away, the bar says it alone.
      write(text, done.words ?? (said.lost ? done.amounts : text.textContent));
      box.part.toggle("earned", done.earned);
      bar.setAttribute("aria-valuenow", done.percent);
      bar.setAttribute("aria-valuetext", done.amounts);
      fill.style.width = `${done.percent}%`;
      // After the first text, which is no news.
      text.setAttribute("aria-live", "polite");
    }

    build() {
      const box = make("div", "box"), text = make("p", "text", "", { id: "text" }), fill = make("div", "fill");
      const range = { role: "progressbar", "aria-valuemin": 0, "aria-valuemax": 100, "aria-labelledby": "text" };
      const bar = make("div", "bar", "", range);
      bar.append(fill);
      box.append(text, bar);
      this.show({ box, text, bar, fill }, known(this.question).ref, box);
    }
  }

  /** What banners and offers have in common. */
  class Content extends Piece {
    draw() {
      const said = this.content();
      if (!said || isOver(said)) return this.clear(said && null);
      if (dismissed.has(said.id)) return this.clear(null, true);
      const drawn = JSON.stringify([said, language()]);
      if (this.drawn !== drawn) this.show(drawn, said.ref, this.build(said));
      const until = this.root.querySelector("time");
      if (until) write(until, timeLeft(said.until));
    }

    build(said) {
      const box = make("div", `box ${said.kind ?? "offer"}`), body = make("div", "body");
      const image = address(said.image), href = address(said.href);
      const clicked = () => track("clicked", said);
      if (image) box.append(make("img", "image", "", { alt: "", src: image }));
      box.append(body);
      if (said.title) body.append(make("strong", "title", said.title));
      if (said.text) body.append(make("p", "text", said.text));
      if (said.until) body.append(make("time", "until", "", { datetime: said.until }));
      if (said.code) {
        const code = make("code", "code", said.code);
        const copy = press("copy", word(1), { "aria-live": "polite" }, async () => {
          clicked();
          try {
            await navigator.clipboard.writeText(said.code);
            write(copy, word(2));
          } catch {
            // Selected: a key press copies it.
            getSelection().selectAllChildren(code);
          }
        });
        box.append(code, copy);
      }
      if (href) {
        const anchor = make("a", "link", said.link ?? said.title ?? said.text, { href });
        anchor.addEventListener("click", clicked);
        box.append(anchor);
      }
      if (said.dismissible) {
        box.part.add("dismissible");
        box.append(press("dismiss", "×", { "aria-label": word(0) }, () => {
          dismissed.add(said.id);
          track("dismissed", said);
          draw();
        }));
      }
      return box;
    }
  }

  const dismissed = new Set();

  class Banner extends Content {
    static observedAttributes = ["slot", "place"];

    get question() {
      return `slot=${this.getAttribute("place") ?? this.getAttribute("slot")}`;
    }

    content() {
      const said = known(this.question);
      // Their own code is said once, where there is an element for it.
      return said?.kind === "offer" && document.querySelector("retention-offer") ? null : said;
    }
  }

  class Offer extends Content {
    get question() {
      return token && "banner";
    }

    content() {
      const given = code();
      return given ? { ...given, text: given.label } : token ? known("banner") : null;
    }
  }

  function draw() {
    for (const piece of pieces) piece.draw();
  }

  const retention = {
    signIn(given) {
      if (given === token) return;
      token = given || "";
      renew();
    },
    signOut() {
      if (!token) return;
      token = "";
      keep(null);
      renew(true);
    },
    basket(given) {
      // Digits only, whatever was given: the app refuses everything else.
      if ("subtotal" in given) subtotal = Math.min(Math.max(Number(given.subtotal) || 0, 0), 1e9).toFixed(4);
      if ("currency" in given) currency = given.currency;
      const before = channel + country;
      channel = given.channel ?? channel;
      country = given.country ?? country;
      if (channel + country === before) measure();
      else renew(true);
    },
    consent(given) {
      consent = given === true;
      if (consent) pieces.forEach(watch);
      else queue.length = 0;
    },
    refresh() {
      seen.clear();
      pieces.forEach(watch);
      renew();
    },
    track,
    code,
    forgetCode: () => keep(null),
  };
  window.retention = retention;

  customElements.define("retention-free-shipping", FreeShipping);
  customElements.define("retention-banner", Banner);
  customElements.define("retention-offer", Offer);

  document.addEventListener("visibilitychange", () => document.hidden && send());
  addEventListener("pagehide", send);
  // Back from the browser's memory: another look at the page.
  addEventListener("pageshow", (event) => event.persisted && retention.refresh());
  setInterval(() => {
    if (document.hidden) return;
    if ([...asked.values()].some(({ said }) => isOver(said))) renew();
    draw();
  }, 30_000);
  tell("ready");
  arrive();
})();
