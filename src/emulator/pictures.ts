import { encode } from 'jpeg-js';
import type { Quality, Side } from './evaluation.ts';

type Colour = readonly [number, number, number];
type Painter = (x: number, y: number) => Colour;

const width = 480;
const height = 304;
const drawn = new Map<string, Buffer>();

/** A JPEG of an invented card or face; `mark` is written into its comment, so that each evaluation has its own. */
export function pictureOf(side: Side, quality: Quality, mark: string): Buffer {
  const key = `${side} ${quality}`;
  const picture = drawn.get(key) ?? draw(painterOf(side, quality));
  drawn.set(key, picture);
  return withComment(picture, mark);
}

function draw(colourAt: Painter): Buffer {
  const data = Buffer.alloc(width * height * 4, 255);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      data.set(colourAt(x, y), (y * width + x) * 4);
    }
  }
  return encode({ data, width, height }, 80).data;
}

/** Inserts a COM segment after the start-of-image marker. */
function withComment(picture: Buffer, text: string): Buffer {
  const comment = Buffer.from(text, 'latin1');
  const head = Buffer.from([0xff, 0xfe, (comment.length + 2) >> 8, (comment.length + 2) & 0xff]);
  return Buffer.concat([picture.subarray(0, 2), head, comment, picture.subarray(2)]);
}

function painterOf(side: Side, quality: Quality): Painter {
  const plain = side === 'selfie' ? selfie(quality === 'stranger') : card(side, quality === 'stranger');
  if (quality === 'glare') return glared(plain);
  if (quality === 'doubtful') return scratched(plain);
  return plain;
}

function card(side: 'front' | 'back', stranger: boolean): Painter {
  return (x, y) => {
    if (x < 16 || y < 16 || x >= width - 16 || y >= height - 16) return [58, 62, 68];
    if (side === 'back') {
      if (y > 40 && y < 88) return [32, 34, 38];
      if (y > 180 && y < 262 && x > 40 && x < 440)
        return (x * 7919) % 13 < 6 ? [24, 24, 28] : [236, 238, 232];
      return [206, 218, 222];
    }
    if (y < 64) return [36, 86, 132];
    if (x > 40 && x < 172 && y > 84 && y < 264) return face(x - 106, y - 178, 0.62, stranger);
    if (x > 200 && x < 420 && y > 100 && y < 250 && y % 30 < 9 && x < 420 - ((y * 31) % 120))
      return [54, 66, 78];
    return [214 - Math.round(y / 20), 226, 232 - Math.round(x / 40)];
  };
}

function selfie(stranger: boolean): Painter {
  return (x, y) => face(x - width / 2, y - height / 2, 1, stranger);
}

/** A face of ellipses around (0, 0). */
function face(x: number, y: number, scale: number, stranger: boolean): Colour {
  const within = (cx: number, cy: number, rx: number, ry: number) =>
    ((x / scale - cx) / rx) ** 2 + ((y / scale - cy) / ry) ** 2 <= 1;
  if (within(-28, -12, 9, 6) || within(28, -12, 9, 6)) return [40, 34, 32];
  if (within(0, 48, stranger ? 14 : 30, 7)) return [150, 70, 68];
  if (within(0, 18, 7, 16)) return stranger ? [128, 88, 62] : [208, 158, 128];
  if (within(0, -70, 74, stranger ? 20 : 44) && y / scale < -34)
    return stranger ? [176, 150, 90] : [64, 44, 36];
  if (within(0, 0, 72, 96)) return stranger ? [146, 102, 74] : [226, 180, 150];
  if (within(0, 150, 130, 70)) return stranger ? [112, 58, 96] : [52, 96, 92];
  return [188, 200, 206];
}

function glared(plain: Painter): Painter {
  return (x, y) => {
    const light = 420 * Math.exp(-(((x - 250) / 110) ** 2) - ((y - 150) / 70) ** 2);
    const [red, green, blue] = plain(x, y);
    return [Math.min(255, red + light), Math.min(255, green + light), Math.min(255, blue + light)];
  };
}

function scratched(plain: Painter): Painter {
  return (x, y) => ((x * 3 + y * 5) % 211 < 6 || (x * 7 - y * 2) % 307 === 0 ? [90, 84, 78] : plain(x, y));
}
