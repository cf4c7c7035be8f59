/** A typed array of at least `length` cells with the same content: twice as long, or longer if need be. */
export function grown<A extends Float64Array<ArrayBuffer> | Uint32Array<ArrayBuffer>>(array: A, length: number): A {
  const size = Math.max(array.length * 2, length);
  const copy = array instanceof Float64Array ? new Float64Array(size) : new Uint32Array(size);
  copy.set(array);
  return copy as A;
}
