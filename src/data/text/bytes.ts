/**
 * Bytes as visible characters, the way GPT-2's files write tokens (Radford et al. 2019): a byte that is a printable character
 * of Latin-1 is that character, the others are the characters from U+0100 on, in order. A space is 'Ġ', a line feed 'Ċ'.
 */
const isVisible = (byte: number): boolean =>
  (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte !== 0xad);

const characters: readonly string[] = (() => {
  let hidden = 0;
  return Array.from({ length: 256 }, (_, byte) =>
    String.fromCharCode(isVisible(byte) ? byte : 0x100 + hidden++),
  );
})();

/** The 256 bytes in the order of their characters: symbol i stands for byte `bytes[i]`. */
export const bytes: readonly number[] = Array.from(characters.keys()).sort(
  (a, b) => characters[a].charCodeAt(0) - characters[b].charCodeAt(0),
);

/** The characters in that order. */
export const byteTokens: readonly string[] = bytes.map((byte) => characters[byte]);

const symbolOfByte = Uint8Array.from({ length: 256 }, (_, byte) => bytes.indexOf(byte));

const encoder = new TextEncoder();

/** The symbols of a text's bytes in UTF-8. */
export const symbolsOf = (text: string): number[] =>
  Array.from(encoder.encode(text), (byte) => symbolOfByte[byte]);
