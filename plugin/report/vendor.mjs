// Makes static/echarts.min.js: of Apache ECharts only what the report draws. The result is committed, so that
// nobody needs Node to build or run:
//   npm install --prefix /tmp/vendored --ignore-scripts echarts@6.1.0 esbuild@0.28.2
//   node plugin/report/vendor.mjs /tmp/vendored/node_modules
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const modules = resolve(process.argv[2]);
const target = join(dirname(fileURLToPath(import.meta.url)), "static/echarts.min.js");
const work = mkdtempSync(join(tmpdir(), "echarts-"));
symlinkSync(modules, join(work, "node_modules"));
writeFileSync(
  join(work, "entry.mjs"),
  `import { init, use } from "echarts/core";
import { BarChart, CustomChart } from "echarts/charts";
import { GridComponent, TooltipComponent } from "echarts/components";
import { SVGRenderer } from "echarts/renderers";
use([BarChart, CustomChart, GridComponent, TooltipComponent, SVGRenderer]);
export { init };
`,
);
const platform = `${process.platform}-${process.arch}`;
execFileSync(join(modules, `@esbuild/${platform}/bin/esbuild`), [
  join(work, "entry.mjs"),
  "--bundle",
  "--minify",
  "--format=iife",
  "--global-name=echarts",
  "--legal-comments=none",
  "--target=es2020",
  '--define:process.env.NODE_ENV="production"',
  `--outfile=${join(work, "out.js")}`,
]);
const texts = ["echarts/LICENSE", "echarts/NOTICE", "echarts/licenses/LICENSE-d3", "zrender/LICENSE", "tslib/LICENSE.txt"];
const licences = texts.map((name) => `== ${name}\n\n${readFileSync(join(modules, name), "utf8").trim()}\n`).join("\n");
if (licences.includes("*/")) throw new Error("A licence would end its own comment.");
// Every report carries this file, and so the licences.
const head = `/*! Apache ECharts 6.1.0: bars, custom series, grid, tooltip and SVG only, with zrender 6.1.0 and tslib.
https://echarts.apache.org

${licences}*/
`;
writeFileSync(target, head + readFileSync(join(work, "out.js"), "utf8"));
