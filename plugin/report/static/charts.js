"use strict";
// Draws the report's charts from the values in #charts; without a script there are the tables.
(() => {
  const values = JSON.parse(document.getElementById("charts").textContent);
  const places = [...document.querySelectorAll("[data-chart]")];
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const number = (value) => value.toLocaleString("en");

  function colours() {
    const probe = document.body.appendChild(document.createElement("i"));
    const read = (name) => {
      probe.style.color = `var(--${name})`;
      return getComputedStyle(probe).color;
    };
    const found = Object.fromEntries(["ground", "raised", "ink", "line", "good", "bad", "quiet"].map((name) => [name, read(name)]));
    probe.remove();
    return found;
  }

  const parts = (colour) => colour.match(/[\d.]+/g).slice(0, 3).map(Number);
  const mix = (from, to, share) => parts(from).map((part, n) => Math.round(part + (parts(to)[n] - part) * share));
  const light = ([r, g, b]) => [r, g, b].map((part) => ((part / 255 + 0.055) / 1.055) ** 2.4).reduce((sum, part, n) => sum + part * [0.2126, 0.7152, 0.0722][n], 0);

  function common(tone, unit) {
    const fontFamily = getComputedStyle(document.body).fontFamily;
    const text = { color: tone.ink, fontFamily, fontSize: 12 };
    return {
      animation: false,
      textStyle: { fontFamily },
      tooltip: { backgroundColor: tone.raised, borderColor: tone.line, textStyle: text, confine: true, valueFormatter: (value) => (unit === "%" ? `${value} %` : `${number(value)} ${unit}`) },
      category: (data, extra) => ({ type: "category", data, axisLabel: { ...text, hideOverlap: true, ...extra }, axisTick: { show: false }, axisLine: { lineStyle: { color: tone.line } } }),
      name: (name) => ({ name, nameLocation: "middle", nameGap: 28, nameTextStyle: text }),
      value: (extra) => ({ type: "value", axisLabel: { ...text, hideOverlap: true, ...extra }, splitLine: { lineStyle: { color: tone.line } } }),
    };
  }

  function columns(chart, tone) {
    const { category, value, name: _, tooltip, ...rest } = common(tone, chart.unit);
    return {
      ...rest,
      tooltip: { ...tooltip, trigger: "axis", axisPointer: { type: "shadow" } },
      grid: { left: 4, right: 4, top: 12, bottom: 4, containLabel: true },
      xAxis: category(chart.categories),
      yAxis: value({ formatter: (at) => (chart.unit === "%" ? `${at} %` : number(at)) }),
      series: chart.series.map((line) => ({ type: "bar", name: line.name, data: line.values, itemStyle: { color: tone[line.tone] }, barCategoryGap: "30%", barGap: "5%" })),
    };
  }

  function bars(chart, tone, width) {
    const { category, value, name, tooltip, ...rest } = common(tone, chart.unit);
    return {
      ...rest,
      tooltip: { ...tooltip, trigger: "axis", axisPointer: { type: "shadow" } },
      grid: { left: 4, right: 24, top: 4, bottom: 28, containLabel: true },
      xAxis: { ...value({ formatter: number }), ...name(chart.unit), splitNumber: width < 500 ? 3 : 6 },
      yAxis: { ...category(chart.categories), inverse: true },
      series: chart.series.map((line) => ({ type: "bar", stack: "all", name: line.name, data: line.values, itemStyle: { color: tone[line.tone] }, barMaxWidth: 32 })),
    };
  }

  function heat(chart, tone, width) {
    const { category, tooltip, value: _, name: __, ...rest } = common(tone, "%");
    const most = Math.max(1, ...chart.cells.map((cell) => cell[2]));
    const roomy = width / (chart.columns.length + 2) > 34;
    return {
      ...rest,
      tooltip: { ...tooltip, formatter: ({ data: [after, row, share, open] }) => `${chart.rows[row]}, ${chart.columns[after]} months: ${share} %${open ? " so far" : ""}` },
      grid: { left: 4, right: 4, top: 4, bottom: 4, containLabel: true },
      xAxis: { ...category(chart.columns), position: "top", axisLine: { show: false } },
      yAxis: { ...category(chart.rows), inverse: true, axisLine: { show: false } },
      series: [{
        type: "custom",
        data: chart.cells,
        encode: { x: 0, y: 1 },
        renderItem: (_params, api) => {
          const [across, down] = api.size([1, 1]);
          const [x, y] = api.coord([api.value(0), api.value(1)]);
          const share = api.value(2);
          const fill = mix(tone.ground, tone.good, 0.06 + (0.94 * share) / most);
          const shape = { x: x - across / 2 + 1, y: y - down / 2 + 1, width: Math.max(1, across - 2), height: Math.max(1, down - 2), r: 2 };
          const black = (light(fill) + 0.05) / 0.05 > 1.05 / (light(fill) + 0.05);
          const label = roomy ? `${Math.round(share)}${chart.cells.find((cell) => cell[0] === api.value(0) && cell[1] === api.value(1))[3] ? "*" : ""}` : "";
          return {
            type: "rect",
            shape,
            style: { fill: `rgb(${fill})` },
            textContent: { style: { text: label, fill: black ? "#111" : "#fff", fontSize: 12 } },
            textConfig: { position: "inside" },
          };
        },
      }],
    };
  }

  function effects(chart, tone, width) {
    const { category, value, name, tooltip, ...rest } = common(tone, "points");
    const narrow = width < 640;
    return {
      ...rest,
      tooltip: { ...tooltip, formatter: ({ dataIndex }) => {
        const row = chart.rows[dataIndex];
        return `${row.name}<br>difference ${row.difference} points, 95 % between ${row.low} and ${row.high}`;
      } },
      grid: { left: 4, right: 16, top: 4, bottom: 24, containLabel: true },
      xAxis: { ...value({ formatter: (at) => (at > 0 ? `+${at}` : `${at}`.replace("-", "\u2212")) }), ...name("difference in points"), splitNumber: narrow ? 3 : 6 },
      yAxis: category(chart.rows.map((row) => row.name), { hideOverlap: false, interval: 0 }),
      series: [{
        type: "custom",
        data: chart.rows.map((row, n) => [row.difference, n, row.low, row.high]),
        encode: { x: [0, 2, 3], y: 1 },
        renderItem: (params, api) => {
          const row = chart.rows[params.dataIndex];
          const colour = !row.clear ? tone.quiet : row.difference > 0 ? tone.bad : tone.good;
          const [from, y] = api.coord([row.low, api.value(1)]);
          const [to] = api.coord([row.high, api.value(1)]);
          const [at] = api.coord([row.difference, api.value(1)]);
          const [zero] = api.coord([0, api.value(1)]);
          const half = api.size([0, 1])[1] / 2;
          return {
            type: "group",
            children: [
              { type: "line", shape: { x1: zero, y1: y - half, x2: zero, y2: y + half }, style: { stroke: tone.ink, lineWidth: 1 } },
              { type: "rect", shape: { x: from, y: y - 2, width: Math.max(1, to - from), height: 4, r: 2 }, style: { fill: colour } },
              { type: "circle", shape: { cx: at, cy: y, r: 6 }, style: { fill: colour } },
            ],
          };
        },
      }],
    };
  }

  const kinds = { columns, bars, heat, effects };
  const drawn = new Map();

  function height(chart) {
    if (chart.kind === "heat") return 30 * chart.rows.length + 32;
    if (chart.kind === "effects") return 36 * chart.rows.length + 48;
    return chart.kind === "bars" ? 44 * chart.categories.length + 60 : 280;
  }

  function draw() {
    const tone = colours();
    for (const place of places) {
      const chart = values[place.dataset.chart][Number(place.dataset.place)];
      place.style.height = `${height(chart)}px`;
      if (!drawn.has(place)) drawn.set(place, echarts.init(place, null, { renderer: "svg" }));
      const on = drawn.get(place);
      on.resize();
      on.setOption(kinds[chart.kind](chart, tone, place.clientWidth), true);
    }
  }

  const tables = [...document.querySelectorAll("details")];
  for (const table of tables) table.open = false;
  addEventListener("beforeprint", () => {
    for (const table of tables) table.open = true;
    draw();
  });
  addEventListener("afterprint", draw);
  let waiting = 0;
  addEventListener("resize", () => {
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(draw);
  });
  dark.addEventListener("change", draw);
  draw();
})();
