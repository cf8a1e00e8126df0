/** Chromaticities of a display: x and y of its white and of full red, green and blue, as PNG's cHRM lists them. */
export type Chromaticities = readonly [Point, Point, Point, Point];
type Point = readonly [x: number, y: number];
type Vector = readonly [number, number, number];
type Matrix = readonly [Vector, Vector, Vector];

/**
 * The smallest ICC profile of a display whose light is value ** `gamma`, gray without `chromaticities`. For the colour
 * engine alone, which needs neither the texts nor the white point that a profile to be handed on must have.
 * Undefined when the chromaticities make no display: three of them on a line, say.
 * Source: ICC.1:2010, 7.2 (header), 10.15 (parametricCurveType), annex E (adaptation of the white).
 */
export function displayProfile(gamma: number, chromaticities?: Chromaticities): Buffer | undefined {
  const curve = Buffer.concat([Buffer.from('para'), Buffer.alloc(8), fixed(gamma)]);
  if (chromaticities === undefined) return profile('GRAY', [['kTRC', curve]]);
  const colorants = adaptedColorants(chromaticities);
  if (!colorants.flat().every((value) => Math.abs(value) < 8)) return;
  return profile(
    'RGB ',
    ['r', 'g', 'b'].flatMap((channel, index) => [
      [`${channel}XYZ`, Buffer.concat([Buffer.from('XYZ '), Buffer.alloc(4), fixed(...column(colorants, index))])],
      [`${channel}TRC`, curve],
    ]),
  );
}

function profile(space: 'GRAY' | 'RGB ', tags: readonly [name: string, data: Buffer][]): Buffer {
  const directory = Buffer.alloc(4 + tags.length * 12);
  directory.writeUInt32BE(tags.length, 0);
  let offset = 128 + directory.length;
  for (const [index, [name, data]] of tags.entries()) {
    directory.write(name, 4 + index * 12, 'latin1');
    directory.writeUInt32BE(offset, 8 + index * 12);
    directory.writeUInt32BE(data.length, 12 + index * 12);
    offset += data.length;
  }
  const header = Buffer.alloc(128);
  header.writeUInt32BE(offset, 0);
  header.writeUInt32BE(0x04200000, 8);
  header.write(`mntr${space}XYZ `, 12, 'latin1');
  header.write('acsp', 36, 'latin1');
  fixed(...d50).copy(header, 68);
  return Buffer.concat([header, directory, ...tags.map(([, data]) => data)]);
}

/** XYZ of the primaries, white brought to D50: the columns of the matrix from linear light to the connection space. */
function adaptedColorants([white, ...primaries]: Chromaticities): Matrix {
  const [red, green, blue] = primaries.map(xyzOf) as [Vector, Vector, Vector];
  const unscaled = transposed([red, green, blue]);
  const scale = times(inverse(unscaled), xyzOf(white));
  const toXyz = unscaled.map((row) => row.map((value, index) => value * (scale[index] ?? 0))) as unknown as Matrix;
  const [from, to] = [times(bradford, xyzOf(white)), times(bradford, d50)];
  const cones = bradford.map((row, index) =>
    row.map((value) => (value * (to[index] ?? 0)) / (from[index] ?? 0)),
  ) as unknown as Matrix;
  return product(product(inverse(bradford), cones), toXyz);
}

const d50: Vector = [0.9642, 1, 0.8249];

/** From XYZ to the responses of the eye's cones. */
const bradford: Matrix = [
  [0.8951, 0.2664, -0.1614],
  [-0.7502, 1.7135, 0.0367],
  [0.0389, -0.0685, 1.0296],
];

const xyzOf = ([x, y]: Point): Vector => [x / y, 1, (1 - x - y) / y];
const column = (matrix: Matrix, index: number): Vector => transposed(matrix)[index] ?? matrix[0];
const transposed = ([[a, b, c], [d, e, f], [g, h, i]]: Matrix): Matrix => [
  [a, d, g],
  [b, e, h],
  [c, f, i],
];
const dot = ([a, b, c]: Vector, [x, y, z]: Vector) => a * x + b * y + c * z;
const times = ([a, b, c]: Matrix, vector: Vector): Vector => [dot(a, vector), dot(b, vector), dot(c, vector)];
const product = (one: Matrix, other: Matrix): Matrix =>
  transposed(transposed(other).map((vector) => times(one, vector)) as unknown as Matrix);
const cross = ([a, b, c]: Vector, [x, y, z]: Vector): Vector => [b * z - c * y, c * x - a * z, a * y - b * x];

function inverse([a, b, c]: Matrix): Matrix {
  const determinant = dot(a, cross(b, c));
  const rows = [cross(b, c), cross(c, a), cross(a, b)].map((row) => row.map((value) => value / determinant));
  return transposed(rows as unknown as Matrix);
}

/** s15Fixed16Number, one after the other. */
function fixed(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) bytes.writeInt32BE(Math.round(value * 65_536), index * 4);
  return bytes;
}
