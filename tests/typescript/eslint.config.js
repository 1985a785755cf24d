// How generated TypeScript is checked: the strict rules of typescript-eslint, none of them off.

import js from "@eslint/js";
import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";

export default defineConfig(js.configs.recommended, tseslint.configs.strictTypeChecked, {
  languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: process.cwd() } },
  linterOptions: { reportUnusedDisableDirectives: "error" },
});
