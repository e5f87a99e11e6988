// Draws what `chart` of parts.html has left room for; the library is only loaded for pages that have a chart.
function script(name) {
  return new Promise((resolve, reject) => {
    const tag = document.createElement("script");
    tag.src = new URL(`charts/${name}`, import.meta.url);
    tag.onload = resolve;
    tag.onerror = reject;
    document.head.append(tag);
  });
}

await script("echarts.min.js");
await script("charts.js");
new MutationObserver(redrawCharts).observe(document.documentElement, { attributeFilter: ["data-theme", "lang"] });

export function draw() {
  for (const place of document.querySelectorAll("[data-drawing]:empty")) drawChart(place, JSON.parse(place.dataset.drawing));
}
