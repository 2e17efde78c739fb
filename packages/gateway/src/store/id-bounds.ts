/**
 * The lowest and the highest of some ids. A statement about them that says `between` these as well is spared the days that none
 * of them can be of: the server knows which to leave out by two values, and not by an array.
 */
export function boundsOf(ids: readonly string[]): [string, string] {
  const [first = '', ...rest] = ids
  let [lowest, highest] = [first, first]
  for (const id of rest) {
    if (id < lowest) lowest = id
    if (id > highest) highest = id
  }
  return [lowest, highest]
}
