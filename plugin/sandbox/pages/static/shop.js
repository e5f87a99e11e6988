// A small storefront that speaks to the sandbox as any storefront speaks to Saleor.
const byId = (id) => document.getElementById(id);
const SIGN_AGAIN_AFTER = 4 * 60 * 1000;
const asked = new URLSearchParams(location.search);
const LANGUAGES = { en: "English", de: "Deutsch", pl: "Polski", ar: "العربية" };
let shopper = null, token = "", signedAt = 0, channel = "default-channel", checkout = null, appOrigin = asked.get("app"), tried = null;

const CHECKOUT = `fragment Whole on Checkout { id email voucherCode
  lines { id quantity undiscountedTotalPrice { amount currency } variant { id product { name } } }
  subtotalPrice { gross { amount } } totalPrice { gross { amount currency } }
  discount { amount currency } delivery { id } }`;

async function post(path, body) {
  return (await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) })).json();
}

async function signIn() {
  if (!shopper) { token = ""; return; }
  if (Date.now() - signedAt < SIGN_AGAIN_AFTER && token) return;
  ({ token } = await post("/sandbox/sign-in", { email: shopper.email }));
  signedAt = Date.now();
  window.retention?.signIn(token);
}

async function ask(query, variables = {}) {
  await signIn();
  const headers = { "Content-Type": "application/json", ...(token ? { Authorization: `Bearer ${token}` } : {}) };
  const answer = await (await fetch("/graphql/", { method: "POST", headers, body: JSON.stringify({ query, variables }) })).json();
  if (answer.errors) throw new Error(answer.errors[0].message);
  return answer.data;
}

async function change(mutation, declared, variables) {
  const names = Object.keys(variables).map((name) => `${name}: $${name}`).join(", ");
  const field = mutation.split(":").pop();
  const data = await ask(`mutation(${declared}) { ${field}(${names}) { checkout { ...Whole } errors { field message } } } ${CHECKOUT}`, variables);
  const { checkout: changed, errors } = data[field];
  if (errors.length) throw new Error(errors[0].message);
  checkout = changed;
}

const money = ({ amount, currency }) => new Intl.NumberFormat(document.documentElement.lang, { style: "currency", currency }).format(amount);

function made(tag, text, className) {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  if (className) element.className = className;
  return element;
}

function button(text, label, action, className) {
  const element = made("button", text, className);
  element.type = "button";
  element.setAttribute("aria-label", label);
  element.addEventListener("click", () => attempt(action));
  return element;
}

function tell(text, good) {
  byId("said").textContent = text;
  byId("said").className = `small ${good ? "good" : "error"}`;
}

async function attempt(action) {
  tell("", true);
  try { await action(); } catch (error) { tell(error.message, false); }
}

async function showProducts() {
  // The shop's own shelf is sold in both channels; what a replayed history brought in is sold in one only.
  const shelf = (await ask('{ products(first: 24, channel: "channel-pln") { edges { node { id } } } }')).products.edges.map((edge) => edge.node.id);
  const query = `query($channel: String, $ids: [ID!]) { products(first: 24, channel: $channel, filter: { ids: $ids }) { edges { node { id name productType { name }
    variants { id pricing { price { gross { amount currency } } } } } } } }`;
  const found = (await ask(query, { channel, ids: shelf })).products.edges.map((edge) => edge.node);
  byId("products").replaceChildren(...found.map((product) => {
    const variant = product.variants[0], card = made("article", undefined, "card product");
    card.append(made("div", product.name.slice(0, 1), "picture"), made("strong", product.name),
      made("span", product.productType.name, "soft small"), made("span", money(variant.pricing.price.gross), "num"),
      button("Add", `Add ${product.name} to the basket`, () => add(variant.id, product.id)));
    return card;
  }));
}

async function add(variantId, product) {
  if (checkout) {
    await change("checkoutLinesAdd", "$id: ID, $lines: [CheckoutLineInput!]!", { id: checkout.id, lines: [{ variantId, quantity: 1 }] });
  } else {
    const country = channel === "channel-pln" ? "PL" : "US";
    const address = { firstName: "A", lastName: "Shopper", streetAddress1: "1 Dock Street", city: "Brooklyn", postalCode: "11201", country };
    const input = { channel, email: shopper?.email ?? "guest@example.com", lines: [{ variantId, quantity: 1 }],
      shippingAddress: address, billingAddress: address };
    await change("checkoutCreate", "$input: CheckoutCreateInput!", { input });
  }
  window.retention?.track("basket_added", { product });
  await showBasket();
}

async function setQuantity(line, quantity) {
  await change("checkoutLinesUpdate", "$id: ID, $lines: [CheckoutLineUpdateInput!]!", { id: checkout.id, lines: [{ lineId: line.id, quantity }] });
  await showBasket();
}

async function showBasket() {
  const lines = checkout?.lines ?? [];
  if (lines.length) await applyCode();
  byId("empty").hidden = lines.length > 0;
  byId("checkout").hidden = lines.length === 0;
  byId("lines").replaceChildren(...lines.map((line) => {
    const row = made("li"), name = line.variant.product.name;
    row.append(made("span", name, "grow small"),
      button("−", `One ${name} less`, () => setQuantity(line, line.quantity - 1), "plain"), made("span", line.quantity, "num"),
      button("+", `One ${name} more`, () => setQuantity(line, line.quantity + 1), "plain"),
      made("span", money(line.undiscountedTotalPrice), "num small"));
    return row;
  }));
  if (lines.length) { await showDeliveries(); showTotals(); }
  tellBasket();
}

function tellBasket() {
  const currency = checkout?.totalPrice.gross.currency;
  window.retention?.basket({ subtotal: checkout?.subtotalPrice.gross.amount ?? 0, currency, channel });
}

// A code that came by a link is put into the basket as soon as there is one; the shopper may take it out again.
async function applyCode() {
  const given = window.retention?.code();
  if (!given || !checkout || checkout.voucherCode || tried === given.code) return;
  tried = given.code;
  try {
    await change("checkoutAddPromoCode", "$id: ID, $promoCode: String!", { id: checkout.id, promoCode: given.code });
  } catch { window.retention.forgetCode(); }
}

async function showDeliveries() {
  const query = `mutation($id: ID!) { deliveryOptionsCalculate(id: $id) { deliveries { id shippingMethod { name price { amount currency } } } } }`;
  const { deliveries } = (await ask(query, { id: checkout.id })).deliveryOptionsCalculate;
  const chosen = deliveries.find((delivery) => delivery.id === checkout.delivery?.id);
  byId("methods").replaceChildren(...deliveries.map((delivery) => {
    const label = made("label"), radio = made("input");
    radio.type = "radio";
    radio.name = "delivery";
    radio.checked = delivery === chosen;
    radio.addEventListener("change", () => attempt(() => choose(delivery.id)));
    const { price, name } = delivery.shippingMethod;
    label.append(radio, made("span", name, "grow small"), made("span", price.amount ? money(price) : "Free", price.amount ? "num small" : "num small good"));
    return label;
  }));
  if (checkout.delivery && !chosen) checkout = (await ask(`query($id: ID) { checkout(id: $id) { ...Whole } } ${CHECKOUT}`, { id: checkout.id })).checkout;
}

async function choose(deliveryMethodId) {
  await change("checkoutDeliveryMethodUpdate", "$id: ID, $deliveryMethodId: ID", { id: checkout.id, deliveryMethodId });
  showTotals();
}

function showTotals() {
  const { amount: total, currency } = checkout.totalPrice.gross, off = checkout.discount?.amount ?? 0;
  const items = checkout.lines.reduce((sum, line) => sum + line.undiscountedTotalPrice.amount, 0);
  const delivery = money({ amount: total + off - items, currency }); // before a code for delivery
  const rows = [["Items", money({ amount: items, currency })], ["Delivery", checkout.delivery ? delivery : "not chosen"]];
  if (checkout.voucherCode) rows.push([`Code ${checkout.voucherCode}`, `−${money(checkout.discount)}`]);
  const cells = rows.flatMap(([name, value]) => [made("dt", name, "soft small"), made("dd", value, "small")]);
  byId("totals").replaceChildren(...cells, made("dt", "Total", "total"), made("dd", money(checkout.totalPrice.gross), "total"));
  byId("code-button").textContent = checkout.voucherCode ? "Remove" : "Apply";
  byId("order").disabled = !checkout.delivery;
}

byId("promo").addEventListener("submit", (event) => {
  event.preventDefault();
  attempt(async () => {
    if (checkout.voucherCode) {
      await change("checkoutRemovePromoCode", "$id: ID, $promoCode: String", { id: checkout.id, promoCode: checkout.voucherCode });
      window.retention?.forgetCode();
    } else {
      await change("checkoutAddPromoCode", "$id: ID, $promoCode: String!", { id: checkout.id, promoCode: byId("code").value.trim() });
      byId("code").value = "";
    }
    await showBasket();
  });
});

byId("order").addEventListener("click", () => attempt(async () => {
  const query = "mutation($id: ID) { checkoutComplete(id: $id) { order { number total { gross { amount currency } } } errors { message } } }";
  const { order, errors } = (await ask(query, { id: checkout.id })).checkoutComplete;
  if (errors.length) throw new Error(errors[0].message);
  checkout = null;
  window.retention?.forgetCode();
  await showBasket();
  tell(`Thank you! Order ${order.number} over ${money(order.total.gross)} is placed.`, true);
}));

async function begin() {
  const left = asked.get("checkout"); // a link in a mail leads back to it
  asked.delete("checkout");
  checkout = left ? (await ask(`query($id: ID) { checkout(id: $id) { ...Whole } } ${CHECKOUT}`, { id: left })).checkout : null;
  await Promise.all([showProducts(), showBasket()]);
}

async function fill() {
  const shoppers = await (await fetch("/sandbox/customers")).json();
  const guest = made("option", "Guest");
  guest.value = "";
  byId("shopper").replaceChildren(guest, ...shoppers.map((each) => {
    const option = made("option", each.name);
    option.value = each.email;
    return option;
  }));
  const wanted = asked.get("email");
  if (wanted && !shoppers.some((each) => each.email === wanted)) {
    const option = made("option", wanted);
    option.value = wanted;
    byId("shopper").append(option);
  }
  byId("shopper").value = wanted ?? shoppers[0]?.email ?? "";
  byId("shopper").addEventListener("change", () => attempt(become));
  for (const slug of ["default-channel", "channel-pln"]) byId("channel").append(made("option", slug));
  byId("channel").addEventListener("change", () => { channel = byId("channel").value; attempt(begin); });
  for (const [code, name] of Object.entries(LANGUAGES)) byId("language").append(new Option(name, code));
  byId("language").value = asked.get("lang") ?? "en";
  byId("language").addEventListener("change", () => attempt(async () => { speak(); await Promise.all([showProducts(), showBasket()]); window.retention?.refresh(); }));
  byId("consent").addEventListener("change", () => window.retention?.consent(byId("consent").checked));
  speak();
  const state = await (await fetch("/sandbox/state")).json();
  const url = state.apps.at(-1)?.appUrl;
  appOrigin ??= url ? new URL(url).origin : null;
}

function speak() {
  document.documentElement.lang = byId("language").value;
  document.documentElement.dir = byId("language").value === "ar" ? "rtl" : "ltr";
}

// As in any storefront: one script tag. What it has to know is told as soon as it is there.
function loadRetention() {
  if (!appOrigin) return;
  document.addEventListener("retention:ready", () => {
    if (token) window.retention.signIn(token);
    window.retention.consent(byId("consent").checked);
    tellBasket();
  });
  document.addEventListener("retention:expired", () => { signedAt = 0; attempt(signIn); });
  document.addEventListener("retention:code", () => attempt(async () => { if (checkout) await showBasket(); }));
  const script = document.createElement("script");
  script.type = "module";
  script.src = `${appOrigin}/storefront/v1/retention.js`;
  script.dataset.shop = `${location.origin}/graphql/`;
  script.dataset.channel = channel;
  document.head.append(script);
}

async function become() {
  const email = byId("shopper").value;
  shopper = email ? { email } : null;
  token = "";
  window.retention?.signOut();
  await begin();
}

await fill();
loadRetention();
await attempt(become);
