// A small storefront that speaks to the sandbox as any storefront speaks to Saleor.
const byId = (id) => document.getElementById(id);
const SIGN_AGAIN_AFTER = 4 * 60 * 1000;
const asked = new URLSearchParams(location.search);
let shopper = null, token = "", signedAt = 0, channel = "default-channel", checkout = null, appOrigin = asked.get("app");

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

const money = ({ amount, currency }) => new Intl.NumberFormat("en", { style: "currency", currency }).format(amount);

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
  const query = `query($channel: String, $ids: [ID!]) { products(first: 24, channel: $channel, filter: { ids: $ids }) { edges { node { name productType { name }
    variants { id pricing { price { gross { amount currency } } } } } } } }`;
  const found = (await ask(query, { channel, ids: shelf })).products.edges.map((edge) => edge.node);
  byId("products").replaceChildren(...found.map((product) => {
    const variant = product.variants[0], card = made("article", undefined, "card product");
    card.append(made("div", product.name.slice(0, 1), "picture"), made("strong", product.name),
      made("span", product.productType.name, "soft small"), made("span", money(variant.pricing.price.gross), "num"),
      button("Add", `Add ${product.name} to the basket`, () => add(variant.id)));
    return card;
  }));
}

async function add(variantId) {
  if (checkout) {
    await change("checkoutLinesAdd", "$id: ID, $lines: [CheckoutLineInput!]!", { id: checkout.id, lines: [{ variantId, quantity: 1 }] });
  } else {
    const country = channel === "channel-pln" ? "PL" : "US";
    const address = { firstName: "A", lastName: "Shopper", streetAddress1: "1 Dock Street", city: "Brooklyn", postalCode: "11201", country };
    const input = { channel, email: shopper?.email ?? "guest@example.com", lines: [{ variantId, quantity: 1 }],
      shippingAddress: address, billingAddress: address };
    await change("checkoutCreate", "$input: CheckoutCreateInput!", { input });
  }
  await showBasket();
}

async function setQuantity(line, quantity) {
  await change("checkoutLinesUpdate", "$id: ID, $lines: [CheckoutLineUpdateInput!]!", { id: checkout.id, lines: [{ lineId: line.id, quantity }] });
  await showBasket();
}

async function showBasket() {
  const lines = checkout?.lines ?? [];
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
  await showHint();
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

function read(metadata, key) {
  try { return JSON.parse(metadata.find((item) => item.key === key)?.value ?? "null"); } catch { return null; }
}

async function showBanner() {
  const metadata = shopper ? (await ask("{ me { metadata { key value } } }")).me?.metadata ?? [] : [];
  const banner = read(metadata, "retention.banner");
  const alive = banner?.text && !(banner.until && new Date(banner.until) <= new Date());
  byId("banner").hidden = !alive;
  if (!alive) return;
  const parts = [made("span", banner.text, "grow")];
  if (typeof banner.code === "string") parts.push(made("code", banner.code), button("Use it", "Fill in this code", () => { byId("code").value = banner.code; }, "plain"));
  byId("banner").replaceChildren(...parts);
}

async function fromApp() {
  if (!appOrigin) return null;
  const query = new URLSearchParams({ shop: `${location.origin}/graphql/`, channel, subtotal: checkout?.subtotalPrice.gross.amount ?? 0 });
  try {
    const headers = token ? { Authorization: `Bearer ${token}` } : {};
    const answer = await fetch(`${appOrigin}/storefront/v1/free-shipping?${query}`, { headers });
    return answer.status === 200 ? await answer.json() : null;
  } catch { return null; }
}

async function fromMetadata() {
  if (!shopper) return null;
  const said = read((await ask("{ me { metadata { key value } } }")).me?.metadata ?? [], "retention.free_shipping");
  const mine = said?.channels?.[channel];
  if (!mine || (mine.until && new Date(mine.until) <= new Date())) return null;
  const left = Math.max(0, mine.amount - (checkout?.subtotalPrice.gross.amount ?? 0));
  const text = said.text.replaceAll("{threshold}", money(mine)).replaceAll("{left}", money({ ...mine, amount: left }));
  return { text, threshold: mine.amount };
}

async function showHint() {
  const hint = (await fromApp()) ?? (await fromMetadata());
  byId("shipping-hint").hidden = !hint?.text;
  if (!hint?.text) return;
  byId("hint-text").textContent = hint.text;
  const subtotal = checkout?.subtotalPrice.gross.amount ?? 0, goal = Number(hint.threshold);
  const share = typeof hint.share === "number" ? hint.share : goal ? subtotal / goal : 0;
  byId("hint-bar").style.width = `${Math.min(100, Math.max(0, share * 100))}%`;
}

byId("promo").addEventListener("submit", (event) => {
  event.preventDefault();
  attempt(async () => {
    if (checkout.voucherCode) {
      await change("checkoutRemovePromoCode", "$id: ID, $promoCode: String", { id: checkout.id, promoCode: checkout.voucherCode });
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
  await showBasket();
  tell(`Thank you! Order ${order.number} over ${money(order.total.gross)} is placed.`, true);
}));

async function begin() {
  checkout = null;
  await Promise.all([showProducts(), showBanner(), showBasket()]);
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
  const state = await (await fetch("/sandbox/state")).json();
  const url = state.apps.at(-1)?.appUrl;
  appOrigin ??= url ? new URL(url).origin : null;
}

async function become() {
  const email = byId("shopper").value;
  shopper = email ? { email } : null;
  token = "";
  await begin();
}

await fill();
await attempt(become);
