const list = document.getElementById("state");

async function show() {
  const state = await (await fetch("/sandbox/state")).json();
  const rows = [["Orders", state.orders], ["Customers", state.customers], ["Vouchers", state.vouchers],
    ["Codes", state.codes], ["Apps", state.apps.length], ["Problems", state.problems],
    ["Delivered", state.deliveries.ok], ["Pending", state.deliveries.pending], ["Failed", state.deliveries.failed]];
  list.replaceChildren(...rows.map(([name, value]) => {
    const cell = document.createElement("div"), dt = document.createElement("dt"), dd = document.createElement("dd");
    dt.textContent = name;
    dd.textContent = value.toLocaleString();
    dd.className = "num";
    cell.append(dt, dd);
    return cell;
  }));
}

show();
setInterval(show, 2000);
