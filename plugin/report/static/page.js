"use strict";
// The charts of a report in one file, from the values in #charts; without a script there are the tables.
(() => {
  const values = JSON.parse(document.getElementById("charts").textContent);
  for (const place of document.querySelectorAll("[data-chart]")) {
    drawChart(place, values[place.dataset.chart][Number(place.dataset.place)]);
  }
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redrawCharts);

  const tables = [...document.querySelectorAll("details")];
  for (const table of tables) table.open = false;
  addEventListener("beforeprint", () => {
    for (const table of tables) table.open = true;
    redrawCharts();
  });
  addEventListener("afterprint", redrawCharts);
})();
