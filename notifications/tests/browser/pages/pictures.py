"""A screenshot as a small PNG: of flat pages, 256 colours are all there are to be seen. Chromium finds them."""

import base64
import struct
import zlib

from playwright.sync_api import Page

REDUCE = """async (source) => {
  const image = new Image();
  image.src = `data:image/png;base64,${source}`;
  await image.decode();
  const { width, height } = image, canvas = new OffscreenCanvas(width, height).getContext("2d");
  canvas.drawImage(image, 0, 0);
  const pixels = new Uint32Array(canvas.getImageData(0, 0, width, height).data.buffer);
  const counts = new Map(), nearest = new Map();
  for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) ?? 0) + 1);
  const parts = (pixel) => [pixel & 255, (pixel >> 8) & 255, (pixel >> 16) & 255];
  const frequent = [...counts].sort((one, other) => other[1] - one[1]).map(([pixel]) => pixel), palette = [];
  const distance = ([r, g, b], [x, y, z]) => Math.abs(r - x) + Math.abs(g - y) + Math.abs(b - z);
  for (const least of [24, 12, 6, 1]) for (const pixel of frequent) { // far apart first: no hue is lost
    if (palette.length === 256) break;
    if (palette.length < 8 || palette.every((one) => distance(one, parts(pixel)) >= least)) palette.push(parts(pixel));
  }
  for (const pixel of frequent) {
    const colour = parts(pixel), distances = palette.map((one) => distance(one, colour));
    nearest.set(pixel, distances.indexOf(Math.min(...distances)));
  }
  let text = "";
  for (const pixel of pixels) text += String.fromCharCode(nearest.get(pixel));
  return { width, height, palette: palette.flat(), indices: btoa(text) };
}"""


def reduced(page: Page, png: bytes) -> bytes:
    """The same picture in at most 256 colours; `page` is any page that may run scripts."""
    found = page.evaluate(REDUCE, base64.b64encode(png).decode())
    width, height = found["width"], found["height"]
    indices = base64.b64decode(found["indices"])
    rows = b"".join(b"\0" + indices[top : top + width] for top in range(0, width * height, width))
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    chunks = (b"IHDR", header), (b"PLTE", bytes(found["palette"])), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, content) for name, content in chunks)


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
