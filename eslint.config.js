// What looks at the scripts of the page: `npx eslint explorer`.
const js = require("@eslint/js");
const globals = require("globals");

// Names that a script finds: those of the page, and in the body of a gr.HTML's js_on_load those that Gradio hands over.
const handedOver = ["element", "props", "watch", "trigger", "server"];
const ofThePage = ["cnnExplorer", "Plotly", "dagre"];

module.exports = [
  { ignores: ["explorer/vendor/"] },
  js.configs.recommended,
  {
    files: ["explorer/**/*.js"],
    languageOptions: {
      ecmaVersion: 2022, // what browsers of the last years read
      sourceType: "script",
      globals: {
        ...globals.browser,
        ...Object.fromEntries([...handedOver, ...ofThePage].map((name) => [name, "readonly"])),
      },
    },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      eqeqeq: "error",
      "no-var": "error",
      "prefer-const": "error",
      "no-shadow": "error",
      "no-use-before-define": ["error", { functions: false }],
      "object-shorthand": "error",
      "prefer-template": "error",
    },
  },
];
