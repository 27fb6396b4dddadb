import { describe, expect, it } from "vitest";
import { fileIn, sizeOf } from "./private-file";

describe("fileIn", () => {
  const form = (value: string | File) => {
    const data = new FormData();
    data.set("file", value);
    return data;
  };

  it("is the chosen file", () => {
    expect(fileIn(form(new File(["x"], "a.pdf")), "file")?.name).toBe("a.pdf");
  });

  it("is undefined when nothing was chosen, or the field isn't a file", () => {
    expect(fileIn(form(new File([], "")), "file")).toBeUndefined();
    expect(fileIn(form(new File([], "blob")), "file")).toBeUndefined();
    expect(fileIn(form("a.pdf"), "file")).toBeUndefined();
    expect(fileIn(new FormData(), "file")).toBeUndefined();
  });
});

describe("sizeOf", () => {
  it.each([
    [1023, "1023 bytes"],
    [48_213, "47 KB"],
    [1_000 * 1024, "1.0 MB"],
    [5 * 1024 * 1024, "5.0 MB"],
  ])("%i is %s", (bytes, shown) => expect(sizeOf(bytes)).toBe(shown));
});
