import { defineConfig } from "vitest/config";

const here = import.meta.dirname;

export default defineConfig({
  resolve: { alias: { "@test": `${here}/test`, "@": `${here}/src` } },
  test: { environment: "happy-dom", include: ["src/**/*.test.{ts,tsx}"] },
});
