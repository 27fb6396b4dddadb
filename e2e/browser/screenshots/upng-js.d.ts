declare module "upng-js" {
  type Image = { width: number; height: number };
  const UPNG: {
    decode(png: Buffer): Image;
    toRGBA8(image: Image): ArrayBuffer[];
    /** colors is how many there are in the palette. */
    encode(frames: ArrayBuffer[], width: number, height: number, colors: number): ArrayBuffer;
  };
  export default UPNG;
}
