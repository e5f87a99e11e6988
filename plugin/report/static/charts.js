"use strict";
// Draws charts from plain values, as plugin/report/charts.py makes them: drawChart(place, values) for one, redrawCharts()
// for all that are there when the room or the colours have changed. Colours are custom properties of the page.
(() => {
  const number = (value) => value.toLocaleString(document.documentElement.lang || "en");

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
      tooltip: { backgroundColor: tone.raised, borderColor: tone.line, textStyle: text, confine: true, renderMode: "richText", valueFormatter: (value) => (unit === "%" ? `${value} %` : `${number(value)} ${unit}`) },
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
        return `${row.name}\ndifference ${row.difference} points, 95 % between ${row.low} and ${row.high}`;
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

  // Lines over a number, the first with its range as a band; a mark is a line across at one place.
  function curve(chart, tone, width) {
    const { value, name, tooltip, category: _, ...rest } = common(tone, chart.unit);
    const [main, ...others] = chart.series;
    const last = chart.at.length - 1;
    const signed = (at) => number(at).replace("-", "\u2212");
    const path = (api, values, stroke, lineWidth) => ({ type: "polyline", silent: true, shape: { points: values.map((at, n) => api.coord([chart.at[n], at])) }, style: { fill: "none", stroke, lineWidth } });
    const across = (api, from, to, style) => {
      const [x1, y1] = api.coord(from);
      const [x2, y2] = api.coord(to);
      return { type: "line", silent: true, shape: { x1, y1, x2, y2 }, style };
    };
    const every = [...main.low, ...main.high, ...others.flatMap((line) => line.values), 0];
    const room = (Math.max(...every) - Math.min(...every) || 1) * 0.04;
    const [least, most] = [Math.min(...every) - room, Math.max(...every) + room];
    const side = last ? (chart.at[last] - chart.at[0]) * 0.02 : 1;
    return {
      ...rest,
      tooltip: { ...tooltip, trigger: "item", formatter: ({ dataIndex: n }) => [
        `${chart.name} ${number(chart.at[n])} ${chart.unit}`,
        `${main.name}: ${signed(main.values[n])} (${signed(main.low[n])} to ${signed(main.high[n])}) ${chart.unit}`,
        ...others.map((line) => `${line.name}: ${signed(line.values[n])} ${chart.unit}`),
      ].join("\n") },
      grid: { left: 4, right: 16, top: 12, bottom: 28, containLabel: true },
      xAxis: { ...value({ formatter: number, showMinLabel: false, showMaxLabel: false }), ...name(`${chart.name}, ${chart.unit}${chart.mark === null ? "" : " (dashed: now)"}`), min: chart.at[0] - side, max: chart.at[last] + side, splitLine: { show: false }, splitNumber: width < 500 ? 4 : 8 },
      yAxis: { ...value({ formatter: (at) => signed(Math.round(at)), showMinLabel: false, showMaxLabel: false }), min: least, max: most },
      series: [{
        type: "custom",
        data: chart.at.map((at, n) => [at, main.values[n]]),
        encode: { x: 0, y: 1 },
        renderItem: (params, api) => {
          const n = params.dataIndex;
          const [cx, cy] = api.coord([chart.at[n], main.values[n]]);
          const dot = { type: "circle", shape: { cx, cy, r: chart.best === n ? 7 : 4 }, style: { fill: tone[main.tone], stroke: tone.ground, lineWidth: 1 } };
          if (n) return dot;
          const band = [...main.high.map((at, k) => api.coord([chart.at[k], at])), ...main.low.map((at, k) => api.coord([chart.at[k], at])).reverse()];
          const mark = chart.mark === null ? [] : [across(api, [chart.mark, least], [chart.mark, most], { stroke: tone.ink, lineWidth: 1, lineDash: [4, 4] })];
          return { type: "group", children: [
            { type: "polygon", silent: true, shape: { points: band }, style: { fill: tone[main.tone], opacity: 0.18 } },
            across(api, [chart.at[0] - side, 0], [chart.at[last] + side, 0], { stroke: tone.ink, lineWidth: 1 }),
            ...mark,
            ...others.map((line) => path(api, line.values, tone[line.tone], 1.5)),
            path(api, main.values, tone[main.tone], 2.5),
            dot,
          ] };
        },
      }],
    };
  }

  const kinds = { columns, bars, heat, effects, curve };
  /** Place → its drawing and values. */
  const drawn = new Map();

  function height(chart) {
    if (chart.kind === "heat") return 30 * chart.rows.length + 32;
    if (chart.kind === "effects") return 36 * chart.rows.length + 48;
    return chart.kind === "bars" ? 44 * chart.categories.length + 60 : 280;
  }

  function show(place, tone) {
    const { drawing, chart } = drawn.get(place);
    drawing.resize();
    drawing.setOption(kinds[chart.kind](chart, tone, place.clientWidth), true);
  }

  globalThis.drawChart = (place, chart) => {
    place.style.height = `${height(chart)}px`;
    drawn.set(place, { drawing: echarts.init(place, null, { renderer: "svg" }), chart });
    show(place, colours());
  };

  globalThis.redrawCharts = () => {
    const tone = colours();
    for (const place of drawn.keys()) {
      if (place.isConnected) show(place, tone);
      else drawn.delete(place);
    }
  };

  let waiting = 0;
  addEventListener("resize", () => {
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(redrawCharts);
  });
})();
