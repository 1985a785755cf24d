// A named type as generated code knows it: its full name and its TypeDef, the constant that stands for it in a payload.

/** One for each message and enum of a schema; compared by identity. */
export class TypeDef {
  /** The type's full name, `package.Name`. */
  readonly name: string;
  /** The whole TypeDef: eight bytes of header (size and hash), then the body. Empty until `load`. */
  bytes: Uint8Array = EMPTY;
  /** The lower half of the header. */
  low = 0;
  /** The upper half of the header. */
  high = 0;
  /** Whether a value of this message occupies no bytes. */
  weightless = false;
  /** The place in the table of the writer that has used it last; only a hint, which the writer checks. */
  place = 0;
  #base64: string;

  /** For generated code: the full name, and the TypeDef in base64. */
  constructor(name: string, base64: string) {
    this.name = name;
    this.#base64 = base64;
  }

  /** Makes the bytes of the text, once. Whoever looks at the bytes or the header calls it before, if `bytes` is empty. */
  load(): void {
    const text = atob(this.#base64);
    const bytes = new Uint8Array(text.length);
    for (let index = 0; index < bytes.length; index++) bytes[index] = text.charCodeAt(index);
    const view = new DataView(bytes.buffer);
    this.low = view.getInt32(0, true);
    this.high = view.getInt32(4, true);
    let body = 8;
    if (view.getUint8(0) === 0xff) {
      while (view.getUint8(body++) >= 0x80);
    }
    this.weightless = (view.getUint8(body) & 0x1f) === 0;
    this.#base64 = "";
    this.bytes = bytes;
  }
}

const EMPTY = new Uint8Array(0);
