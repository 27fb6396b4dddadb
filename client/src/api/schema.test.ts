// @vitest-environment node
import { readFile } from "node:fs/promises";
import openapiTypeScript from "openapi-typescript";
import { expect, test } from "vitest";

const COMMENT = /^\/\*\*[\s\S]*?\*\/\s*/;

test("schema.d.ts matches docs/openapi.yaml: npm run generate", async () => {
  const specification = new URL("../../../docs/openapi.yaml", import.meta.url);
  const generated = await openapiTypeScript(specification);
  const committed = await readFile(new URL("schema.d.ts", import.meta.url), "utf8");
  expect(committed.replace(COMMENT, "").trim()).toBe(generated.replace(COMMENT, "").trim());
}, 60_000);
