// Makes what admin_ui/static takes from npm. The results are committed, so that nobody needs Node to build or run:
//   npm install --prefix /tmp/vendored --ignore-scripts htmx.org@2.0.11 @saleor/macaw-ui@2.0.0 @fontsource-variable/inter@5.3.0
//   node admin_ui/vendor.mjs /tmp/vendored/node_modules
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import vm from "node:vm";

const modules = process.argv[2];
const target = join(dirname(fileURLToPath(import.meta.url)), "static");

// Macaw UI sets its custom properties from a script: the names are in one object, the values in two others.
const source = readFileSync(join(modules, "@saleor/macaw-ui/dist/index.mjs"), "utf8");
const names = source.match(/^var (\w+) = (\{ spacing: \{ 0: "var\(--mu-.*\});$/m)[2];
const values = source.match(/^const \w+ = \{\n {2}0: "0px",\n {2}px: "1px"[\s\S]*?\n\}, (\w+) = \{\n {2}defaultLight: \w+,\n {2}defaultDark: \w+\n\}/m);
const themes = vm.runInNewContext(`${values[0]}; ${values[1]}`);

function* pairs(name, value) {
  if (typeof name === "string") yield [name.match(/^var\((.*)\)$/)[1], value];
  else for (const part of Object.keys(name)) yield* pairs(name[part], value[part]);
}

const contract = vm.runInNewContext(`(${names})`);
const light = new Map(pairs(contract, themes.defaultLight));
const dark = new Map(pairs(contract, themes.defaultDark));
const lines = (map) => [...map].map(([name, value]) => `  ${name}: ${value};`).join("\n");
const changed = new Map([...dark].filter(([name, value]) => light.get(name) !== value));

writeFileSync(
  join(target, "tokens.css"),
  `/* The design tokens of Macaw UI 2.0.0, (c) 2021-2025 by Saleor Commerce, https://github.com/saleor/macaw-ui
   Licensed under CC BY 4.0, https://creativecommons.org/licenses/by/4.0/
   Changed: only the values of the custom properties, written as CSS by admin_ui/vendor.mjs. */
:root {
  color-scheme: light;
${lines(light)}
}

:root[data-theme="dark"] {
  color-scheme: dark;
${lines(changed)}
}
`,
);
const htmx = readFileSync(join(modules, "htmx.org/dist/htmx.min.js"), "utf8");
writeFileSync(join(target, "htmx.min.js"), `/* htmx 2.0.11, Zero-Clause BSD, https://htmx.org */\n${htmx.trimEnd()}\n`);
for (const part of ["latin", "latin-ext"]) {
  const file = `inter-${part}-wght-normal.woff2`;
  copyFileSync(join(modules, "@fontsource-variable/inter/files", file), join(target, file));
}
copyFileSync(join(modules, "@fontsource-variable/inter/LICENSE"), join(target, "inter-LICENSE.txt"));
