// What looks at the scripts of the page and their tests: `npx eslint explorer tests/scripts`.
import js from "@eslint/js";
import globals from "globals";

export default [
  { ignores: ["explorer/vendor/"] },
  js.configs.recommended,
  {
    files: ["explorer/**/*.js", "tests/scripts/*.js"],
    languageOptions: {
      ecmaVersion: 2022, // what browsers of the last years read
      sourceType: "module",
      globals: globals.browser,
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
      "max-lines-per-function": ["error", { max: 40, skipBlankLines: true, skipComments: true }], // what fits on a screen
    },
  },
  { files: ["tests/scripts/*.js"], languageOptions: { globals: globals.node } },
];
