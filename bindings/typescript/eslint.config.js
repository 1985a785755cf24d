// How the sources are to look: the strict rules of typescript-eslint.

import js from "@eslint/js";
import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";

export default defineConfig(
  { ignores: ["dist", "build"] },
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ["eslint.config.js"] },
      },
    },
    rules: {
      // An assertion says what has been checked before; `!` does not say what it is.
      "@typescript-eslint/no-non-null-assertion": "error",
      // One short function of `w` or `r` is what a codec consists of.
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      // What a function is given and does not need.
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
    },
  },
  { files: ["**/*.mjs"], languageOptions: { globals: { URL: "readonly" } } },
  {
    files: ["lib/codec/**"],
    rules: {
      // What plain JavaScript hands over is not what its type says.
      "@typescript-eslint/no-unnecessary-condition": "off",
      "@typescript-eslint/no-unnecessary-boolean-literal-compare": "off",
    },
  },
  {
    files: ["test/**"],
    rules: {
      // The test runner waits for what it was given.
      "@typescript-eslint/no-floating-promises": "off",
      // Generators of messages are asynchronous where their callers need that.
      "@typescript-eslint/require-await": "off",
    },
  },
  { files: ["test/*.mjs"], languageOptions: { globals: { URL: "readonly" } } },
);
